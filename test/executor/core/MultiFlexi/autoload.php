<?php

declare(strict_types=1);

spl_autoload_register(static function (string $class): void {
    $file = \dirname(__DIR__) . '/' . str_replace('\\', '/', $class) . '.php';

    if (is_file($file)) {
        require $file;
    }
});

// Plug-ins: every file, sorted.
$files = glob(__DIR__ . '/Executor/*.php') ?: [];
sort($files, SORT_STRING);

foreach ($files as $file) {
    include_once $file;
}
