<?php

declare(strict_types=1);

namespace MultiFlexiEmissary;

/**
 * One process of `launch`. It has no time limit and no shell, its environment is exactly what is given here, and of its
 * output only the end is kept.
 */
final class LaunchProcess
{
    /** How long to wait for output before looking whether the process still runs, in µs. */
    private const PAUSE = 250_000;

    /** As above, after the process has closed its output. */
    private const LAST_PAUSE = 10_000;

    /** How long to read after the end of the process, in ns. */
    private const LAST_OUTPUT = 10_000_000_000;

    private const PIECE = 65_536;

    /** The codes of signals begin above it. */
    private const SIGNALED = 128;

    /** @var array<int, Tail> by descriptor */
    private array $tails;

    /** @var array<int, resource> the open pipes, by descriptor */
    private array $pipes = [];

    /**
     * @param list<string> $command
     * @param array<string, string> $environment
     */
    public function __construct(
        private readonly array $command,
        private readonly array $environment,
        private readonly string $directory,
    ) {
        $this->tails = [1 => new Tail(), 2 => new Tail()];
    }

    /**
     * Runs it to its end. TERM, INT and HUP to this PHP process are forwarded to it, where PHP can catch signals.
     *
     * @param callable(int): void $onStart gets its process ID
     */
    public function run(callable $onStart): LaunchResult
    {
        // Signals are caught before there is a process that they would leave alone.
        $forwarder = SignalForwarder::start();

        try {
            $process = $this->start();
            $forwarder->forwardTo($process);
            $status = proc_get_status($process);
            $onStart($status['pid']);
            $code = $this->follow($process, $status);
        } finally {
            $forwarder->stop();
        }

        return LaunchResult::ended($code, $this->tails[1]->text(), $this->tails[2]->text());
    }

    /**
     * @return resource
     */
    private function start()
    {
        $descriptors = [['file', '/dev/null', 'r'], ['pipe', 'w'], ['pipe', 'w']];
        $open = fn () => @proc_open($this->command, $descriptors, $this->pipes, $this->directory, $this->environment);
        $process = SignalForwarder::withPipeSignal($open);

        if ($process === false) {
            throw new \RuntimeException(error_get_last()['message'] ?? 'proc_open has failed');
        }

        foreach ($this->pipes as $pipe) {
            stream_set_blocking($pipe, false);
        }

        return $process;
    }

    /**
     * @param resource $process
     * @param array<string, mixed> $status of the process so far
     *
     * @return int its exit code
     */
    private function follow($process, array $status): int
    {
        while ($status['running']) {
            $this->read();
            // Once it has ended, it is not asked again: only the first answer has the exit code.
            $status = proc_get_status($process);
        }

        $until = hrtime(true) + self::LAST_OUTPUT;

        // What it wrote at its end is still in the pipes. Another process may hold them, and write for ever.
        while ($this->pipes !== [] && hrtime(true) < $until && $this->read()) {
            continue;
        }

        array_map('fclose', $this->pipes);
        $this->pipes = [];

        if ($status['signaled']) {
            return self::SIGNALED + $status['termsig'];
        }

        return $status['exitcode'] >= 0 ? $status['exitcode'] : LaunchResult::UNKNOWN;
    }

    /** @return bool whether there was anything to read within a pause */
    private function read(): bool
    {
        if ($this->pipes === []) {
            usleep(self::LAST_PAUSE);

            return false;
        }

        $ready = $this->pipes;
        $none = null;

        // A signal interrupts it, with a warning.
        if (!@stream_select($ready, $none, $none, 0, self::PAUSE)) {
            return false;
        }

        foreach ($ready as $descriptor => $pipe) {
            $piece = fread($pipe, self::PIECE);

            if ($piece === '' || $piece === false) {
                $this->closeAtEnd($descriptor);
            } else {
                $this->tails[$descriptor]->add($piece);
            }
        }

        return true;
    }

    private function closeAtEnd(int $descriptor): void
    {
        if (feof($this->pipes[$descriptor])) {
            fclose($this->pipes[$descriptor]);
            unset($this->pipes[$descriptor]);
        }
    }
}
