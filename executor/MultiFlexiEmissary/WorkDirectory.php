<?php

declare(strict_types=1);

namespace MultiFlexiEmissary;

/**
 * The private directory of one run. It goes when PHP exits, since core reads results in it after the run.
 */
final class WorkDirectory
{
    /** What every name of such a directory starts with. */
    public const PREFIX = 'emissary-';

    /** A job's own temporary directory, where it is run on this host. */
    public readonly string $temporary;

    /** Where artifacts are copied to, if core is to store them. */
    public readonly string $artifacts;

    private const LOCK = 'lock';
    private const SECRETS = 'secrets';

    /** How long `launch` may outlive a killed PHP process, and use the directory, in seconds. */
    private const LONGEST_RUN = 7 * 86_400;

    /** How long `launch` may take to read its files, in seconds. */
    private const LONGEST_START = 600;

    private readonly string $path;

    /** Where the job's report is copied to. */
    private readonly string $reports;

    /** @var resource locked while this PHP process lives */
    private $lock;

    /**
     * @param string $parent an existing directory
     */
    public function __construct(string $parent, int $jobId)
    {
        self::clean($parent);
        $this->path = sprintf('%s/%s%d-%s', $parent, self::PREFIX, $jobId, bin2hex(random_bytes(8)));
        $this->temporary = $this->path . '/tmp';
        $this->reports = $this->path . '/report';
        $this->artifacts = $this->path . '/artifacts';

        foreach ([$this->path, $this->temporary, $this->reports, $this->artifacts, $this->secrets()] as $directory) {
            if (!@mkdir($directory, 0o700)) {
                throw new \RuntimeException("cannot create the directory {$directory}: " . self::lastError());
            }
        }

        $this->lock = self::lock($this->path . '/' . self::LOCK)
            ?? throw new \RuntimeException("cannot lock the directory {$this->path}");
        register_shutdown_function(self::remove(...), $this->path);
    }

    /**
     * Writes a file that only this user can read.
     *
     * @return string its path
     */
    public function write(string $name, string $content): string
    {
        $path = $this->secrets() . '/' . $name;
        $umask = umask(0o177);

        try {
            if (@file_put_contents($path, $content) !== \strlen($content)) {
                throw new \RuntimeException("cannot write the file {$path}: " . self::lastError());
            }
        } finally {
            umask($umask);
        }

        return $path;
    }

    /**
     * @param string $resultFile the report's path in the job, with a name by which core knows it
     *
     * @return null|string where it is copied to; null if the job writes none, or one to `php://stdout`
     */
    public function reportOf(string $resultFile): ?string
    {
        return $resultFile === '' || str_contains($resultFile, '://')
            ? null
            : $this->reports . '/' . basename($resultFile);
    }

    /**
     * Makes the directories of files that the job is to write here.
     *
     * @param array<string, string> $paths only those in the temporary directory count
     */
    public function makeDirectoriesOf(array $paths): void
    {
        foreach ($paths as $path) {
            if (str_starts_with($path, $this->temporary . '/') && !is_dir(\dirname($path))) {
                @mkdir(\dirname($path), 0o700, true);
            }
        }
    }

    /** Removes what was written for `launch`. */
    public function removeSecrets(): void
    {
        self::remove($this->secrets());
    }

    private function secrets(): string
    {
        return $this->path . '/' . self::SECRETS;
    }

    /** A PHP process that was killed has left its directory behind. */
    private static function clean(string $parent): void
    {
        foreach (glob($parent . '/' . self::PREFIX . '*/' . self::LOCK) ?: [] as $file) {
            $age = time() - (int) @filemtime($file);

            if ($age > self::LONGEST_START && self::lock($file) !== null) {
                self::remove(\dirname($file) . ($age > self::LONGEST_RUN ? '' : '/' . self::SECRETS));
            }
        }
    }

    /**
     * @return null|resource the locked file; null if another process has locked it, or it is not ours
     */
    private static function lock(string $path)
    {
        $file = @fopen($path, 'ce');

        return $file !== false && flock($file, \LOCK_EX | \LOCK_NB) ? $file : null;
    }

    /** Never follows a link: a job may have made it. */
    private static function remove(string $path): void
    {
        if (is_link($path) || !is_dir($path)) {
            @unlink($path);

            return;
        }

        foreach (array_diff(@scandir($path) ?: [], ['.', '..']) as $name) {
            self::remove($path . '/' . $name);
        }

        @rmdir($path);
    }

    private static function lastError(): string
    {
        return error_get_last()['message'] ?? 'unknown error';
    }
}
