<?php

declare(strict_types=1);

namespace MultiFlexi;

/**
 * Files that a user uploaded for a job.
 */
class FileStore
{
    public function extractFilesForJob(Job $job): ConfigFields
    {
        $fields = new ConfigFields('Files');

        foreach ($job->uploads as $name => $path) {
            copy($path, "{$path}_extracted");
            $fields->addField(new ConfigField($name, 'file-path', "{$path}_extracted"));
        }

        return $fields;
    }
}
