<?php

declare(strict_types=1);

namespace MultiFlexiEmissary;

/**
 * Where `launch` reports the job to, with credentials.
 */
final class ReportVariables
{
    private const DATABASE = ['MULTIFLEXI_DATABASE_URL', 'MULTIFLEXI_DATABASE_URL_FILE'];

    private const SERVER = [
        'MULTIFLEXI_API_URL',
        'MULTIFLEXI_API_USER',
        'MULTIFLEXI_API_PASSWORD',
        'MULTIFLEXI_API_PASSWORD_FILE',
        'MULTIFLEXI_API_CA_FILE',
        'MULTIFLEXI_TIMEZONE',
    ];

    /**
     * MultiFlexi's database, by its own URL or as core connects to it, else the REST server. Zabbix and OpenTelemetry
     * get the job's end from core.
     *
     * @param array<string, string> $configuration the daemon's
     *
     * @return array<string, string> none if nothing is configured
     */
    public static function of(array $configuration, int $jobId): array
    {
        $given = array_filter($configuration, static fn (string $value): bool => $value !== '');
        $pick = static fn (array $names): array => array_intersect_key($given, array_flip($names));
        $url = DatabaseUrl::of($given);
        $destination = $pick(self::DATABASE)
            ?: ($url !== null ? ['MULTIFLEXI_DATABASE_URL' => $url] : null)
            ?? (isset($given['MULTIFLEXI_API_URL']) ? $pick(self::SERVER) : []);

        return $destination === [] ? [] : [
            'MULTIFLEXI_JOB_ID' => (string) $jobId,
            // The row, too: it is complete even if PHP is killed.
            'MULTIFLEXI_REPORT' => 'full',
            ...$pick(['MULTIFLEXI_REPORT']),
            ...$destination,
        ];
    }

    /**
     * @param array<string, string> $variables those of a report
     *
     * @return bool whether artifacts can be stored there
     */
    public static function haveDatabase(array $variables): bool
    {
        return array_intersect_key($variables, array_flip(self::DATABASE)) !== [];
    }
}
