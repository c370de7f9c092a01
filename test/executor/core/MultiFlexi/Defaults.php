<?php

declare(strict_types=1);

namespace MultiFlexi;

class Defaults
{
    public static string $MULTIFLEXI_TMP;
}
