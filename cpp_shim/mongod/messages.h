// Every text of the adapter that an operator may read, but for the constant words of log lines,
// which the server's own macros take as literals (server_log.cpp).
#pragma once

#include "maws/message.h"

namespace mongo {
namespace awsauth {
namespace messages {

using maws::Message;

// clang-format off
// The server does not start.
inline constexpr Message kNotOffered{"MONGODB-AWS cannot be offered: {cause}"};
inline constexpr Message kNoPath{"it is in authenticationMechanisms, but awsAuthPluginPath is empty"};
inline constexpr Message kNoSuchOption{"the plugin '{path}', version {version}, has no option {option}"};

// While it starts.
inline constexpr Message kVerifiedBy{"logins are verified by '{path}', version {version}, {tls}"};
inline constexpr Message kNotLoaded{"awsAuthPluginPath is set, but MONGODB-AWS is not in authenticationMechanisms: the plugin is not loaded"};
inline constexpr Message kOnlyMechanism{"it is the only mechanism in authenticationMechanisms: administrators, backup and monitoring that log in with SCRAM are locked out; SCRAM-SHA-256,MONGODB-AWS lets both in"};
inline constexpr Message kNotFips{"net.tls.FIPSMode is on, but the plugin's TLS library is not FIPS validated: {tls}"};
inline constexpr Message kRolesFromLdap{"security.ldap.authz.queryTemplate is set: all roles of $external users come from LDAP, those of the user documents of ARNs are ignored"};

// Of single logins.
inline constexpr Message kRefused{"MONGODB-AWS login {number} was refused (reason {reason})"};
inline constexpr Message kClientGone{"the client disconnected during verification"};
inline constexpr Message kKilled{"the operation was killed"};
inline constexpr Message kOutOfTime{"the time limit of the operation expired"};
inline constexpr Message kShuttingDown{"the server is shutting down"};
inline constexpr Message kInterrupted{"the server interrupted the operation: {cause}"};
inline constexpr Message kIsOver{"the MONGODB-AWS conversation is over"};
inline constexpr Message kNoPlugin{"no MONGODB-AWS plugin"};
// clang-format on

}  // namespace messages
}  // namespace awsauth
}  // namespace mongo
