// Every text of the shim that an operator may read.
#pragma once

#include "maws/message.h"

namespace maws::messages {

// clang-format off
// The plugin's file is not trusted.
inline constexpr Message kNotAbsolute{"plugin file '{path}' refused: the path must be absolute"};
inline constexpr Message kNamesNoFile{"plugin file '{path}' refused: the path does not name a file"};
inline constexpr Message kForeignOwner{"plugin file '{path}' refused: '{part}' belongs to user id {owner}, neither root nor the server's own user ({user})"};
inline constexpr Message kWritable{"plugin file '{path}' refused: '{part}' is writable by group or others"};
inline constexpr Message kInSharedFolder{"plugin file '{path}' refused: '{part}' stands directly in a directory that others can write to"};
inline constexpr Message kTooManyLinks{"plugin file '{path}' refused: too many links"};
inline constexpr Message kNoDirectory{"plugin file '{path}' refused: '{part}' is not a directory"};
inline constexpr Message kIsDirectory{"plugin file '{path}' refused: it is a directory"};
inline constexpr Message kNotRegular{"plugin file '{path}' refused: it is not a regular file"};
inline constexpr Message kExchangedMeanwhile{"plugin file '{path}' refused: it was exchanged while it was checked"};
inline constexpr Message kCannotOpen{"plugin file '{path}': cannot open '{part}': {cause}"};
inline constexpr Message kCannotRead{"plugin file '{path}': cannot read '{part}': {cause}"};
inline constexpr Message kCannotReadLink{"plugin file '{path}': cannot read the link '{part}': {cause}"};

// It cannot be loaded, or is not what it should be.
inline constexpr Message kNoLibrary{"'{path}' is not a MONGODB-AWS plugin for this server: it is not a shared library (ELF)"};
inline constexpr Message kOtherMachine{"'{path}' is not a MONGODB-AWS plugin for this server: it is for another kind of machine (ELF machine {found}, this server's is {needed})"};
inline constexpr Message kTruncated{"'{path}' is not a MONGODB-AWS plugin for this server: the file is truncated, its {part} lies beyond the {size} bytes that it has; install it again"};
inline constexpr Message kCannotLoad{"cannot load '{path}': {cause}"};
inline constexpr Message kExchangedAtLoad{"'{path}' is not a MONGODB-AWS plugin for this server: the file was exchanged while it was loaded; start again"};
inline constexpr Message kNoEntry{"'{path}' is not a MONGODB-AWS plugin for this server: it has no function {function}, so it is another library or has another major version of the interface than {major}"};
inline constexpr Message kNeedsNewerServer{"'{path}' is not a MONGODB-AWS plugin for this server: it needs a newer server than one with interface {version}: {cause}"};
inline constexpr Message kTableCutOff{"'{path}' is not a MONGODB-AWS plugin for this server: its table of functions is cut off ({size} bytes)"};
inline constexpr Message kOtherMechanism{"'{path}' is not a MONGODB-AWS plugin for this server: it does not offer the mechanism {mechanism}"};
inline constexpr Message kTooOld{"'{path}' is not a MONGODB-AWS plugin for this server: version {version} with interface {interface} is too old, it lacks the function '{function}'; this server needs interface {needed}"};
inline constexpr Message kNoReason{"no reason given"};

// The plugin in use.
inline constexpr Message kPluginSays{"MONGODB-AWS plugin: {text}"};
inline constexpr Message kNoEventFd{"creating a queue of ready logins failed: {cause}"};
inline constexpr Message kNotBegun{"login not begun: {text}"};
inline constexpr Message kOptionUnread{"reading option '{name}' failed: {status}"};
inline constexpr Message kStatsUnread{"reading the statistics failed: {status}"};
inline constexpr Message kLogLevelUnset{"setting the log level failed: {status}"};
inline constexpr Message kNotQuiesced{"taking no more logins failed: {status}"};
inline constexpr Message kNotDestroyed{"destroying the plugin failed: {status}"};
inline constexpr Message kBareStatus{"status {number} ({group})"};
// clang-format on

}  // namespace maws::messages
