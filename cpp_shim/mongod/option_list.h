// Rendered from the plugin's table of options; see docs/mongod.md.
#pragma once

// clang-format off
// Kind of the value, name, default.
#define MAWS_SERVER_OPTIONS(OPTION) \
    OPTION(StartupText, awsStsHost, "sts.amazonaws.com") \
    OPTION(StartupText, awsStsEndpoint, "") \
    OPTION(StartupFlag, awsStsAllowCustomHost, false) \
    OPTION(StartupText, awsStsRegion, "") \
    OPTION(StartupText, awsStsProxy, "") \
    OPTION(StartupText, awsStsCAFile, "") \
    OPTION(RuntimeNumber, awsStsTimeoutMs, 8000) \
    OPTION(RuntimeNumber, awsStsConnectTimeoutMs, 3000) \
    OPTION(RuntimeNumber, awsConversationTimeoutMs, 60000) \
    OPTION(RuntimeNumber, awsStsWorkers, 64) \
    OPTION(RuntimeNumber, awsStsQueueLimit, 10000) \
    OPTION(RuntimeNumber, awsMaxConversations, 20000) \
    OPTION(RuntimeFlag, awsRequireTLS, false) \
    OPTION(StartupText, awsPrincipalFormat, "iamRole") \
    OPTION(RuntimeText, awsAllowedPrincipals, "") \
    OPTION(RuntimeText, awsAllowedAccounts, "") \
    OPTION(RuntimeText, awsAllowedPartitions, "") \
    OPTION(RuntimeFlag, awsAllowRoot, false) \
    OPTION(RuntimeFlag, awsAllowFederated, false)
// clang-format on
