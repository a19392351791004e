// hello, ping, buildInfo, endSessions.
#include "commands.h"

namespace host {
namespace {

// Of the 7.0 line, whose behaviour this server follows; drivers look at the wire version alone.
constexpr std::string_view kServerVersion = "7.0.0";
constexpr std::int32_t kMaxWireVersion = 21;

}  // namespace

Outcome hello(Command& command) {
    const DocView body = command.request.body;
    const auto hello_ok = body.find("helloOk");
    if (hello_ok && hello_ok->truthy()) command.reply.boolean("helloOk", true);
    // Both names of the one fact: old drivers ask for the first, new ones for the second.
    if (command.request.command == "hello") {
        command.reply.boolean("isWritablePrimary", true);
    } else {
        command.reply.boolean("ismaster", true);
    }
    command.reply.integer("maxBsonObjectSize", kMaxDocumentSize)
        .integer("maxMessageSizeBytes", kMaxMessageSize)
        .integer("maxWriteBatchSize", 100'000)
        .now("localTime")
        .integer("logicalSessionTimeoutMinutes", 30)
        .integer("connectionId", static_cast<std::int32_t>(command.connection))
        .integer("minWireVersion", 0)
        .integer("maxWireVersion", kMaxWireVersion)
        .boolean("readOnly", false);
    return std::nullopt;
}

Outcome ping(Command& /*command*/) {
    return std::nullopt;
}

Outcome build_info(Command& command) {
    Doc version;
    version.integer("0", 7).integer("1", 0).integer("2", 0).integer("3", 0);
    command.reply.text("version", kServerVersion)
        .text("gitVersion", "none")
        .texts("modules", {"mongo-aws-host"})
        .array_of("versionArray", version)
        .integer("bits", 64)
        .boolean("debug", false)
        .integer("maxBsonObjectSize", kMaxDocumentSize);
    return std::nullopt;
}

// There are no sessions to end: nothing here depends on them.
Outcome end_sessions(Command& /*command*/) {
    return std::nullopt;
}

}  // namespace host
