// Every text of this server that an operator may read; what is answered to clients is in the files
// of the commands.
#pragma once

#include "maws/message.h"

namespace host::messages {

using maws::Message;

// clang-format off
// The command line.
inline constexpr Message kNeedsValue{"option '{name}' needs a value; --help shows all"};
inline constexpr Message kUnknownOption{"unknown option '{name}'; --help shows all"};
inline constexpr Message kNoPlugin{"--plugin is missing; --help shows all"};
inline constexpr Message kNoUsers{"--users is missing; --help shows all"};
inline constexpr Message kBadPort{"--port '{value}': must be a number from 0 to 65535"};
inline constexpr Message kBadLogLevel{"--logLevel '{value}': must be debug, info, warning, error or off"};
inline constexpr Message kBadAddress{"--bind_ip '{value}': {cause}"};
inline constexpr Message kNoPair{"--setParameter '{text}': must be NAME=VALUE"};
inline constexpr Message kGivenTwice{"--setParameter '{name}': given twice"};
inline constexpr Message kNoSuchParameter{"--setParameter '{name}': no such parameter"};
inline constexpr Message kOtherMechanisms{"--setParameter authenticationMechanisms '{value}': this server has MONGODB-AWS only"};

// The files that it names.
inline constexpr Message kNoLogFile{"cannot open log file '{path}': {cause}"};
inline constexpr Message kNoUsersFile{"users file '{path}': cannot be read"};
inline constexpr Message kUsersAreNoJson{"users file '{path}': is no JSON: {cause}"};
inline constexpr Message kUsersAreNoArray{"users file '{path}': is no array of users"};
inline constexpr Message kUserIsNoDocument{"users file '{path}': entry {number} is not a document"};
inline constexpr Message kUserIsWrong{"users file '{path}': entry {number}: {cause}"};
inline constexpr Message kBadRole{"a role has not just the texts role and db"};
inline constexpr Message kBadField{"field '{name}' is not understood or has a wrong value"};
inline constexpr Message kNoUser{"no user"};
inline constexpr Message kNoRoles{"no roles"};
inline constexpr Message kRootElsewhere{"role 'root' belongs to database 'admin'"};
inline constexpr Message kNoSuchRole{"no role '{name}'; there are read, readWrite and root"};
inline constexpr Message kRoleWithoutDatabase{"role '{name}' needs a database"};
inline constexpr Message kUserTwice{"user given twice"};
inline constexpr Message kNoTls{"TLS certificate key file '{path}': OpenSSL is of no use: {cause}"};
inline constexpr Message kNoCertificate{"TLS certificate key file '{path}': no certificate can be read: {cause}"};
inline constexpr Message kNoKey{"TLS certificate key file '{path}': no private key can be read: {cause}"};
inline constexpr Message kKeyOfAnother{"TLS certificate key file '{path}': certificate and private key do not belong together: {cause}"};

// The system.
inline constexpr Message kCannotListen{"cannot listen on {address}: {cause}"};
inline constexpr Message kCannotAccept{"cannot start accepting: {cause}"};
inline constexpr Message kCannotWatch{"cannot watch for disconnects: {cause}"};
inline constexpr Message kCannotGoOn{"cannot go on: {cause}"};

// Event start and stop.
inline constexpr Message kListening{"listening on {address}, plugin {path} version {version}, {count} users"};
inline constexpr Message kListeningTls{"listening on {address} with TLS, plugin {path} version {version}, {count} users"};
inline constexpr Message kStopping{"stopping on {signal}"};
inline constexpr Message kStopped{"stopped"};

// Event connection.
inline constexpr Message kMalformed{"closing the connection from {address}: {what}"};
inline constexpr Message kNoHandshake{"no TLS handshake"};
inline constexpr Message kBadLength{"message length {length} is invalid here"};
inline constexpr Message kTurnedAway{"a client was turned away: {cause}"};
inline constexpr Message kGivenUp{"a connection was given up: {cause}"};

// Event login, in `detail`, where the plugin gives none.
inline constexpr Message kUnknownUser{"no user of $external matches the verified ARN"};
inline constexpr Message kUnknownRole{"no user of $external matches the verified ARN; user names hold no role path: a role /path/NAME is the user .../NAME"};
inline constexpr Message kAnotherUser{"this connection is already logged in as another user"};
inline constexpr Message kDisconnected{"the client disconnected during verification"};
inline constexpr Message kKilled{"the operation was killed"};
inline constexpr Message kOutOfTime{"the time limit of the operation expired"};
inline constexpr Message kShuttingDown{"the server is shutting down"};
inline constexpr Message kConnectionEnded{"the connection ended before the login was complete"};
inline constexpr Message kBeganAgain{"the client began again"};
inline constexpr Message kStartWithoutPayload{"the client sent saslStart without a payload"};
inline constexpr Message kContinueWithoutPayload{"the client sent saslContinue without a right id and payload"};
// clang-format on

}  // namespace host::messages
