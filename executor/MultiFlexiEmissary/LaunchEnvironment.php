<?php

declare(strict_types=1);

namespace MultiFlexiEmissary;

use MultiFlexi\ConfigFields;

/**
 * The environment of `launch`: little of the daemon's own, which has the database's password, and nothing of the job's,
 * which goes by file.
 */
final class LaunchEnvironment
{
    private const EVERY_ENGINE = '/^(?:
        PATH | HOME | USER | LOGNAME | LANG | LANGUAGE | LC_[A-Z]+ | TZ | TMPDIR
        | XDG_RUNTIME_DIR | XDG_STATE_HOME | XDG_CONFIG_HOME | SSL_CERT_FILE | SSL_CERT_DIR
        | HTTP_PROXY | HTTPS_PROXY | NO_PROXY | http_proxy | https_proxy | no_proxy
        | EMISSARY_\w+
    )$/x';

    private const BY_ENGINE = [
        'native' => '/^(?!)/',
        'docker' => '/^(?:DOCKER_\w+|SSH_AUTH_SOCK)$/',
        'podman' => '/^(?:CONTAINERS_\w+|CONTAINER_(?:HOST|SSHKEY|PROXY|TLS_\w+)|REGISTRY_AUTH_FILE|'
            . 'DOCKER_CONFIG|SSH_AUTH_SOCK|XDG_DATA_HOME|DBUS_SESSION_BUS_ADDRESS)$/',
        'kubernetes' => '/^(?:KUBECONFIG|(?:KUBERNETES|HELM|AWS|AZURE|GOOGLE)_\w+)$/',
        'azure' => '/^(?:(?:AZURE|MSI|IDENTITY)_\w+|DOCKER_CONFIG)$/',
    ];

    /** Settings of core's own executors: a job's variables count where the daemon's configuration says nothing, as in core. */
    private const AS_IN_CORE = [
        'azure' => [
            'AZURE_SUBSCRIPTION_ID',
            'AZURE_RESOURCE_GROUP',
            'AZURE_LOCATION',
            'AZURE_CPU',
            'AZURE_MEMORY',
        ],
    ];

    /** Ours; and with QUIET, the messages would be missing that say why a job was refused. */
    private const NEVER = ['EMISSARY_LAUNCHER', 'EMISSARY_QUIET'];

    /** What the variables of one job, or of its runtemplate, may set in place of the daemon's configuration. */
    public const BY_JOB = [
        'EMISSARY_CPUS',
        'EMISSARY_GRACE_SECONDS',
        'EMISSARY_KEEP',
        'EMISSARY_MEMORY',
        'EMISSARY_PULL',
        'EMISSARY_START_TIMEOUT_SECONDS',
        'EMISSARY_TIMEOUT_SECONDS',
    ];

    /**
     * @param array<string, string> $configuration the daemon's
     * @param ConfigFields $fields the job's variables
     *
     * @return array<string, string>
     */
    public static function of(string $engine, array $configuration, ConfigFields $fields): array
    {
        $needed = static fn (string $name): bool => !\in_array($name, self::NEVER, true)
            && (preg_match(self::EVERY_ENGINE, $name) || preg_match(self::BY_ENGINE[$engine], $name));
        $environment = array_filter($configuration, $needed, \ARRAY_FILTER_USE_KEY);

        foreach (self::BY_JOB as $name) {
            $value = (string) $fields->getFieldByCode($name)?->getValue();

            if ($value !== '') {
                $environment[$name] = $value;
            }
        }

        foreach (self::AS_IN_CORE[$engine] ?? [] as $name) {
            $value = (string) $fields->getFieldByCode($name)?->getValue();

            if ($value !== '' && ($environment[$name] ?? '') === '') {
                $environment[$name] = $value;
            }
        }

        return $environment;
    }
}
