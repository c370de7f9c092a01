<?php

declare(strict_types=1);

namespace MultiFlexiEmissary;

/**
 * The job cannot be run. The code is the job's exit code, the message completes "Cannot run the job: ".
 */
final class Refusal extends \RuntimeException
{
}
