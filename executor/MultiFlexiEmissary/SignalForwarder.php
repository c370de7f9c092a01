<?php

declare(strict_types=1);

namespace MultiFlexiEmissary;

/**
 * Forwards signals from this PHP process to `launch`. Does nothing where PHP cannot catch signals.
 */
final class SignalForwarder
{
    private const FUNCTIONS = ['pcntl_signal', 'pcntl_async_signals', 'pcntl_signal_get_handler'];

    private const PIPE = 13;

    /** HUP, INT and TERM: without pcntl, PHP has no names for them. */
    private const SIGNALS = [1, 2, 15];

    /** @var array<int, mixed> the handlers that were there before, by signal */
    private array $previous = [];

    private bool $wasAsync = false;

    /** @var null|resource */
    private $process = null;

    /** @var list<int> signals that came before there was a process */
    private array $early = [];

    private function __construct()
    {
    }

    public static function start(): self
    {
        $forwarder = new self();

        if (self::isPossible()) {
            $forwarder->catchSignals();
        }

        return $forwarder;
    }

    /**
     * PHP ignores PIPE, and so would every process that it starts: a job's `yes | head` would never end.
     *
     * @template T
     *
     * @param callable(): T $act
     *
     * @return T
     */
    public static function withPipeSignal(callable $act): mixed
    {
        if (!self::isPossible()) {
            return $act();
        }

        // For a signal that nobody has asked PHP to handle, this is the default, whatever PHP has made of it.
        $previous = pcntl_signal_get_handler(self::PIPE);
        pcntl_signal(self::PIPE, \SIG_DFL);

        try {
            return $act();
        } finally {
            pcntl_signal(self::PIPE, $previous === \SIG_DFL ? \SIG_IGN : $previous);
        }
    }

    /**
     * @param resource $process
     */
    public function forwardTo($process): void
    {
        $this->process = $process;

        foreach ($this->early as $signal) {
            proc_terminate($process, $signal);
        }
    }

    public function stop(): void
    {
        foreach ($this->previous as $signal => $handler) {
            pcntl_signal($signal, $handler);
        }

        if ($this->previous !== []) {
            pcntl_async_signals($this->wasAsync);
        }

        $this->previous = [];
        $this->process = null;
    }

    private static function isPossible(): bool
    {
        return array_filter(self::FUNCTIONS, 'function_exists') === self::FUNCTIONS;
    }

    private function catchSignals(): void
    {
        $this->wasAsync = pcntl_async_signals(true);

        foreach (self::SIGNALS as $signal) {
            $this->previous[$signal] = pcntl_signal_get_handler($signal);
            pcntl_signal($signal, function (int $caught): void {
                if ($this->process === null) {
                    $this->early[] = $caught;
                } else {
                    proc_terminate($this->process, $caught);
                }
            });
        }
    }
}
