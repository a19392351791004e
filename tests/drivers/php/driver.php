<?php
// PHP's driver as a program: see ../README.md for what it is asked and answers.
declare(strict_types=1);

use MongoDB\Driver\Command;
use MongoDB\Driver\Exception\Exception as DriverException;
use MongoDB\Driver\Manager;
use MongoDB\Driver\Query;

function say(array $answer): void
{
    echo json_encode($answer, JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR), "\n";
}

function find(Manager $manager): void
{
    $manager->executeQuery('shop.products', new Query(['_id' => 'none']))->toArray();
}

function talk(string $action, string $uri): void
{
    $manager = new Manager($uri);
    if ($action === 'login') {
        $cursor = $manager->executeCommand('admin', new Command(['connectionStatus' => 1]));
        say(['user' => $cursor->toArray()[0]->authInfo->authenticatedUsers[0]->user]);
    } elseif ($action === 'restart') {
        find($manager);
        say(['ready' => true]);
        fgets(STDIN);
        find($manager);
        say(['found' => 1]);
    }
}

[, $action, $uri] = [...$argv, ''];
if ($action === 'version') {
    say(['version' => phpversion('mongodb')]);
    exit(0);
}
try {
    talk($action, $uri);
} catch (DriverException $error) {
    say(['code' => $error->getCode() ?: null, 'message' => $error->getMessage()]);
}
