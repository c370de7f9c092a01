<?php

declare(strict_types=1);

/*
 * Runs one job, as core's executor.php does.
 */

require __DIR__ . '/MultiFlexi/autoload.php';

// A configuration file makes constants, as Ease does.
foreach (is_file((string) getenv('CONFIGURATION')) ? file(getenv('CONFIGURATION')) : [] as $line) {
    [$name, $value] = explode('=', trim($line), 2);
    \define($name, $value);
}

\MultiFlexi\Defaults::$MULTIFLEXI_TMP = \Ease\Shared::cfg('TEST_TMP');
$job = new \MultiFlexi\Job(json_decode(file_get_contents($argv[1]), true));
$before = memory_get_usage();
$job->performJob();

if (getenv('FACTS') !== false) {
    $executor = $job->executor;
    file_put_contents(getenv('FACTS'), json_encode([
        'exitCode' => $executor->getExitCode(),
        'meaning' => $executor->meaning(),
        'output' => $executor->getOutput(),
        'errorOutput' => $executor->getErrorOutput(),
        'pid' => $executor->getPid(),
        'grown' => memory_get_peak_usage() - $before,
        'tmp' => \MultiFlexi\Defaults::$MULTIFLEXI_TMP,
        'report' => $job->report,
        'resultFile' => $job->getEnvironment()->getFieldByCode('RESULT_FILE')?->getValue(),
        'messages' => \Ease\Shared::$messages,
    ], JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE));
}

echo $job->executor->getOutput();
fwrite(STDERR, $job->executor->getErrorOutput());

exit($job->executor->getExitCode());
