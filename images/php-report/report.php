<?php

/**
 * Reports what is installed on a Debian system: packages and their sizes, section by section.
 *
 *   php8.2 report.php [--status=FILE] [--output=DIRECTORY]
 *
 * Reads dpkg's own list (FILE, default /var/lib/dpkg/status), writes sections.csv to DIRECTORY (default /tmp) and the
 * report to RESULT_FILE, which is below MULTIFLEXI_TMP when it is relative. Exit status: 0 reported, 1 could not be.
 */

declare(strict_types=1);

const PRODUCER = 'php-report';

$options = getopt('', ['status:', 'output:']);
$status = $options['status'] ?? '/var/lib/dpkg/status';
$output = $options['output'] ?? '/tmp';
$resultFile = absolutePath(getenv('RESULT_FILE') ?: 'php-report.json', getenv('MULTIFLEXI_TMP') ?: $output);

try {
    $packages = readPackages($status);
    $sections = bySection($packages);
    writeCsv($output . '/sections.csv', $sections);
    foreach ($sections as $name => [$count, $kibibytes]) {
        printf("%-20s %5d packages %9d KiB\n", $name, $count, $kibibytes);
    }
    $total = array_sum(array_column($sections, 1));
    $message = sprintf('%d packages in %d sections, %d KiB', count($packages), count($sections), $total);
    writeReport($resultFile, 'success', $message, ['packages' => count($packages), 'kibibytes' => $total]);
    fwrite(STDERR, $message . "\n");
} catch (RuntimeException $error) {
    writeReport($resultFile, 'error', $error->getMessage(), []);
    fwrite(STDERR, $error->getMessage() . "\n");
    exit(1);
}

/**
 * @return list<array{section: string, kibibytes: int}> the packages that are installed
 */
function readPackages(string $file): array
{
    $text = @file_get_contents($file);
    if ($text === false) {
        throw new RuntimeException("Cannot read the list of packages {$file}");
    }
    $packages = [];
    foreach (explode("\n\n", $text) as $paragraph) {
        preg_match_all('/^(Status|Section|Installed-Size): (.*)$/m', $paragraph, $found);
        $fields = array_combine($found[1], $found[2]);
        if (($fields['Status'] ?? '') === 'install ok installed') {
            $packages[] = [
                'section' => $fields['Section'] ?? 'none',
                'kibibytes' => (int) ($fields['Installed-Size'] ?? 0),
            ];
        }
    }
    return $packages;
}

/**
 * @param list<array{section: string, kibibytes: int}> $packages
 * @return array<string, array{int, int}> packages and KiB by section, the largest first
 */
function bySection(array $packages): array
{
    $sections = [];
    foreach ($packages as ['section' => $section, 'kibibytes' => $kibibytes]) {
        [$count, $sum] = $sections[$section] ?? [0, 0];
        $sections[$section] = [$count + 1, $sum + $kibibytes];
    }
    uasort($sections, static fn (array $one, array $other): int => $other[1] <=> $one[1]);
    return $sections;
}

/** @param array<string, array{int, int}> $sections */
function writeCsv(string $file, array $sections): void
{
    $csv = @fopen($file, 'w');
    if ($csv === false) {
        throw new RuntimeException("Cannot write {$file}");
    }
    fputcsv($csv, ['section', 'packages', 'kibibytes']);
    foreach ($sections as $name => [$count, $kibibytes]) {
        fputcsv($csv, [$name, $count, $kibibytes]);
    }
    fclose($csv);
}

/** @param array<string, int> $metrics */
function writeReport(string $file, string $status, string $message, array $metrics): void
{
    $report = [
        'producer' => PRODUCER,
        'status' => $status,
        'timestamp' => date(DATE_ATOM),
        'message' => $message,
        'artifacts' => ['csv' => ['sections.csv']],
        'metrics' => (object) $metrics,
    ];
    file_put_contents($file, json_encode($report, JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES) . "\n");
}

function absolutePath(string $path, string $directory): string
{
    return str_starts_with($path, '/') ? $path : $directory . '/' . $path;
}
