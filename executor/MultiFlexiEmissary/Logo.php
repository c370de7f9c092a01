<?php

declare(strict_types=1);

namespace MultiFlexiEmissary;

/**
 * The picture of an executor: a sealed letter.
 */
final class Logo
{
    /**
     * @param string $color as in CSS
     *
     * @return string a data URI
     */
    public static function inColor(string $color): string
    {
        return 'data:image/svg+xml;base64,' . base64_encode(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">'
            . '<rect x="4" y="12" width="56" height="40" rx="5" fill="' . $color . '"/>'
            . '<path d="M6 16l26 20 26-20" fill="none" stroke="#fff" stroke-width="4" stroke-linejoin="round"/>'
            . '<circle cx="32" cy="39" r="8" fill="#c0392b" stroke="#fff" stroke-width="2"/>'
            . '</svg>',
        );
    }
}
