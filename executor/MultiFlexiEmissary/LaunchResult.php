<?php

declare(strict_types=1);

namespace MultiFlexiEmissary;

/**
 * How `launch` ended, with the end of its output.
 */
final class LaunchResult
{
    /** Nothing is known about the job's end. Core, too, uses it where an executor fails. */
    public const UNKNOWN = 255;

    /** `launch` did not run the job, or did not report it. */
    private const REFUSED = 64;

    /** What `launch` puts before its own messages. */
    private const PREFIX = 'emissary: ';

    private function __construct(
        public readonly int $exitCode,
        public readonly string $stdout,
        public readonly string $stderr,
        /** Why the job was not run or not reported; null if it was. */
        public readonly ?string $problem,
    ) {
    }

    /** `launch` was not even started. */
    public static function refused(\Throwable $problem): self
    {
        $code = $problem instanceof Refusal ? $problem->getCode() : self::REFUSED;
        $message = 'Cannot run the job: ' . $problem->getMessage();

        return new self($code, '', $message . "\n", $message);
    }

    public static function ended(int $exitCode, string $stdout, string $stderr): self
    {
        // A job may exit with 64 itself: then there is no message.
        $problem = $exitCode === self::REFUSED ? self::lastMessage($stderr) : null;

        return new self($exitCode, $stdout, $stderr, $problem);
    }

    /**
     * @return string one sentence for people
     */
    public function meaning(): string
    {
        return $this->problem ?? ExitCode::meaning($this->exitCode);
    }

    private static function lastMessage(string $stderr): ?string
    {
        $lines = explode("\n", $stderr);
        $messages = array_filter($lines, static fn (string $line): bool => str_starts_with($line, self::PREFIX));

        return $messages === [] ? null : substr(end($messages), \strlen(self::PREFIX));
    }
}
