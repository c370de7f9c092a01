<?php

declare(strict_types=1);

namespace MultiFlexiEmissary;

/**
 * MultiFlexi's database, from the settings by which core connects to it.
 */
final class DatabaseUrl
{
    /** Where servers on this host listen, if PHP has no setting for it. */
    private const SOCKETS = ['/run/mysqld/mysqld.sock', '/var/run/mysqld/mysqld.sock', '/tmp/mysql.sock'];

    /**
     * @param array<string, string> $settings `DB_CONNECTION` and so on
     *
     * @return null|string null if there is no database, or `launch` cannot write to such a one
     */
    public static function of(array $settings): ?string
    {
        return match (strtolower($settings['DB_CONNECTION'] ?? $settings['DB_TYPE'] ?? '')) {
            'mysql', 'mariadb' => self::mariadb($settings),
            'sqlite', 'sqlite3' => self::sqlite($settings['DB_DATABASE'] ?? ''),
            default => null,
        };
    }

    private static function sqlite(string $path): ?string
    {
        $absolute = realpath($path);

        return $path === '' || $absolute === false
            ? null
            : 'sqlite://' . implode('/', array_map('rawurlencode', explode('/', $absolute)));
    }

    /**
     * @param array<string, string> $settings
     */
    private static function mariadb(array $settings): ?string
    {
        $database = $settings['DB_DATABASE'] ?? '';

        if ($database === '') {
            return null;
        }

        $host = $settings['DB_HOST'] ?? 'localhost';
        $socket = self::socket($host, $settings['DB_SETTINGS'] ?? '');

        return sprintf(
            'mysql://%s:%s@%s:%d/%s%s',
            rawurlencode($settings['DB_USERNAME'] ?? ''),
            rawurlencode($settings['DB_PASSWORD'] ?? ''),
            str_contains($host, ':') ? "[{$host}]" : $host,
            $settings['DB_PORT'] ?? 3306,
            rawurlencode($database),
            $socket === null ? '' : '?socket=' . rawurlencode($socket),
        );
    }

    /** For PHP's driver, localhost is a socket. */
    private static function socket(string $host, string $dsn): ?string
    {
        if ($host !== 'localhost') {
            return null;
        }

        $given = preg_match('/(?:^|;)\s*unix_socket=([^;]+)/', $dsn, $found) ? [trim($found[1])] : [];
        $configured = (string) \ini_get('pdo_mysql.default_socket');

        foreach ([...$given, ...($configured === '' ? self::SOCKETS : [$configured])] as $path) {
            if (file_exists($path)) {
                return $path;
            }
        }

        return null;
    }
}
