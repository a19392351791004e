// Logins through the adapter, against the stub plugin: its second payload "hold" stays pending
// until it is cancelled, "deny" is refused, anything else is verified by a thread of its own.
// Argument: the stub plugin.
#include <pthread.h>

#include <atomic>
#include <thread>

#include "fixture.h"

namespace {

using namespace standin;
using mongo::awsauth::active;

std::string stub;
constexpr const char* kAlice = "arn:aws:iam::123456789012:user/alice";

// A running server; the log is empty.
class Running : public Server {
 public:
    Running() : Server(stub) {
        CHECK(start().isOK());
        theLog.take();
    }
};

mongo::BSONObj::Fields extra_info(mongo::ServerMechanismBase& mechanism) {
    mongo::BSONObjBuilder builder;
#if STANDIN_LINE >= 404
    mechanism.appendExtraInfo(&builder);
#else
    static_cast<void>(mechanism);
#endif
    return builder.obj().fields();
}

void a_verified_login_gives_its_principal() {
    Running server;
    mongo::awsauth::parameters.awsMaxSessionSecs.store(3600);
    Connection connection(server);
    CHECK(extra_info(connection.mechanism()).empty());
    connection.first();
    CHECK(connection.principal().empty());
    const auto reply = connection.step("second");
    CHECK(reply.isOK() && reply.getValue().empty());
    CHECK(connection.mechanism().isSuccess());
    CHECK(connection.principal() == kAlice);
#if STANDIN_LINE >= 500
    CHECK(connection.mechanism().currentStep() == 2U && connection.mechanism().totalSteps() == 2U);
#endif
#if STANDIN_LINE >= 404
    for (int i = 0; i < 2; ++i) {
        const auto info = extra_info(connection.mechanism());
        CHECK(info.size() == 5);
        CHECK(info.at("awsId") == "AIDACKCEVSQ6C2EXAMPLE" && info.at("awsArn") == kAlice);
        CHECK(info.at("awsRawArn") == kAlice && info.at("awsAccount") == "123456789012");
        CHECK(info.at("awsStsRequestId") == "01234567-89ab-cdef-0123-456789abcdef");
    }
#endif
#if STANDIN_LINE >= 700
    const auto expires = connection.mechanism().getExpirationTime();
    CHECK(expires && mongo::Date_t::now() + mongo::Seconds(3500) < *expires);
    CHECK(*expires < mongo::Date_t::now() + mongo::Seconds(3700));
    mongo::awsauth::parameters.awsMaxSessionSecs.store(0);
    Connection endless(server);
    endless.first();
    CHECK(endless.status("second").isOK() && !endless.mechanism().getExpirationTime());
#endif
    // Once it is over nothing follows.
    connection.next();
    CHECK(connection.status("third").code() == ErrorCodes::BadValue);
}

void every_login_leaves_one_line() {
    Running server;
    Connection good(server);
    good.first();
    CHECK(good.status("second").isOK());
    auto lines = theLog.take();
    CHECK(count(lines, Severity::kInfo,
                {"MONGODB-AWS login verified", "192.0.2.1:40000", kAlice, "AKIAIOSFODNN7EXAMPLE",
                 "01234567-89ab-cdef-0123-456789abcdef", "durationMillis"}) == 1);
    CHECK(lines.size() == 1);

    Connection bad(server);
    bad.first();
    const Status refused = bad.status("deny");
    CHECK(refused.code() == ErrorCodes::AuthenticationFailed);
    CHECK(!contains(refused.reason(), "the stub refused"));
    CHECK(bad.principal().empty() && !bad.mechanism().isSuccess());
    CHECK(extra_info(bad.mechanism()).empty());
    lines = theLog.take();
    CHECK(count(lines, Severity::kInfo,
                {"MONGODB-AWS login refused", "client", "the stub refused", "192.0.2.1:40000"}) ==
          1);
    CHECK(lines.size() == 1);

    // The plugin's own lines of a login are for those who ask for more.
    theLog.debug = true;
    Connection(server).first();
    CHECK(count(theLog.take(), Severity::kDebug, {"MONGODB-AWS plugin", "conversation begun"}) ==
          1);
}

void what_breaks_the_rules_is_a_bad_value() {
    Running server;
    Connection empty(server);
    CHECK(empty.status("").code() == ErrorCodes::BadValue);
    Connection elsewhere(server, "admin");
    CHECK(elsewhere.status("first").code() == ErrorCodes::BadValue);
    CHECK(count(theLog.take(), Severity::kInfo, {"login refused", "$external"}) == 1);
    CHECK(Connection(server, "$external", false).step("first").isOK());
}

void an_interruption_ends_the_wait() {
    Running server;
    const std::pair<ErrorCodes::Error, const char*> interruptions[] = {
        {ErrorCodes::ClientDisconnect, "the client disconnected during verification"},
        {ErrorCodes::Interrupted, "the operation was killed"},
        {ErrorCodes::MaxTimeMSExpired, "the time limit of the operation expired"},
        {ErrorCodes::ExceededTimeLimit, "the time limit of the operation expired"},
        {ErrorCodes::InterruptedAtShutdown, "the server is shutting down"},
        {ErrorCodes::InterruptedDueToReplStateChange,
         "the server interrupted the operation: operation was interrupted"}};
    for (const auto& [code, detail] : interruptions) {
        Connection before(server);
        before.first();
        before.operation().markKilled(code);
        CHECK(before.status("hold").code() == code);

        Connection during(server);
        during.first();
        std::thread killer([&, code = code] { during.operation().markKilled(code); });
        CHECK(during.status("hold").code() == code);
        killer.join();
        CHECK(during.principal().empty() && !during.mechanism().isSuccess());
        CHECK(during.status("second").code() == ErrorCodes::BadValue);

        Connection after(server);
        after.first();
        CHECK(after.status("second").isOK());
        after.operation().markKilled(code);
        CHECK(after.principal() == kAlice);
        // The plugin has the number of all that the host cancels; the words are the server's.
        CHECK(count(theLog.take(), Severity::kInfo, {"login refused", detail}) == 2);
    }
    CHECK(active()->plugin().stats().value().conversations == 0);
}

void the_server_shows_no_payload() {
    Running server;
    Connection ended(server);
    ended.first();
    CHECK(ended.status("second").isOK());
    CHECK(contains(ended.shown(), "payload:\"xxx\""));
    CHECK(contains(ended.shown(), "saslContinue:\"1\""));

    Connection pending(server);
    pending.first();
    std::thread killer([&] {
        while (!contains(pending.shown(), "xxx")) std::this_thread::yield();
        pending.operation().markKilled(ErrorCodes::Interrupted);
    });
    CHECK(pending.status("hold").code() == ErrorCodes::Interrupted);
    killer.join();
}

void a_thread_of_the_plugin_has_its_own_name_in_the_log() {
    Running server;
    const auto thread_of = [](const char* name) {
        std::thread([name] {
            if (name != nullptr) CHECK(pthread_setname_np(pthread_self(), name) == 0);
            mongo::awsauth::PluginLog().log({MAWS_LOG_WARNING, 1, 0, "text"});
        }).join();
        return theLog.take().at(0).thread;
    };
    CHECK(thread_of("maws-worker") == "maws-worker");
    // The server names its own.
    CHECK(thread_of("conn1") == "thread1");
}

// Outcome and interruption at the same time: it is one or the other, never both.
void an_interruption_races_with_the_outcome() {
    Running server;
    int verified = 0;
    for (int round = 0; round < 500; ++round) {
        Connection connection(server);
        connection.first();
        std::thread killer(
            [&] { connection.operation().markKilled(ErrorCodes::ClientDisconnect); });
        const Status status = connection.status("second");
        CHECK(status.isOK() || status.code() == ErrorCodes::ClientDisconnect);
        CHECK(status.isOK() == (connection.principal() == kAlice));
        verified += status.isOK() ? 1 : 0;
        connection.drop();  // before the killer: the callback may have been under way
        killer.join();
        killer = {};
    }
    const auto stats = active()->plugin().stats().value();
    CHECK(stats.conversations == 0 && stats.begun == 500);
    const auto lines = theLog.take();
    CHECK(count(lines, Severity::kInfo, {"login verified"}) == verified);
    CHECK(count(lines, Severity::kInfo, {"login refused"}) == 500 - verified);
}

void a_client_may_go_between_its_messages() {
    Running server;
    for (int round = 0; round < 100; ++round) {
        Connection connection(server);
        connection.first();
    }
    CHECK(active()->plugin().stats().value().conversations == 0);
}

void shutdown_ends_pending_logins_and_answers_until_then() {
    Running server;
    constexpr int kThreads = 8;
    std::atomic<int> waiting{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&] {
            Connection connection(server);
            connection.first();
            ++waiting;
            CHECK(connection.status("hold").code() == ErrorCodes::InterruptedAtShutdown);
        });
    }
    Connection idle(server);
    idle.first();
    while (waiting < kThreads) std::this_thread::yield();
    Connection last(server);
    last.first();
    CHECK(last.status("second").isOK());
    server.interruptAll();
    for (std::thread& thread : threads) thread.join();

    CHECK(idle.status("hold").code() == ErrorCodes::InterruptedAtShutdown);
    const auto lines = theLog.take();
    CHECK(count(lines, Severity::kWarning, {}) == 0);
    CHECK(count(lines, Severity::kInfo, {"login refused", "the server is shutting down"}) ==
          kThreads + 1);
}

// Each status is right, whenever the shutdown comes.
void shutdown_races_with_logins() {
    for (int round = 0; round < 30; ++round) {
        Running server;
        std::atomic<int> logins{0};
        std::atomic<bool> stop{false};
        std::vector<std::thread> threads;
        for (int i = 0; i < 6; ++i) {
            threads.emplace_back([&, i] {
                for (bool stopped = false; !stopped && !stop; ++logins) {
                    Connection connection(server);
                    Status status = connection.status("first");
                    connection.next();
                    if (status.isOK()) status = connection.status(i == 0 ? "hold" : "second");
                    stopped = !status.isOK();
                    CHECK(!stopped || status.code() == ErrorCodes::InterruptedAtShutdown);
                }
            });
        }
        while (logins < 10 + round) std::this_thread::yield();
        server.interruptAll();
        stop = true;
        for (std::thread& thread : threads) thread.join();
        CHECK(active()->plugin().stats().value().conversations == 0);
    }
}

void thousands_of_logins() {
    Running server;
    constexpr int kThreads = 16;
    constexpr int kRounds = 250;
    std::atomic<int> verified{0}, denied{0}, killed{0}, abandoned{0};
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&, thread] {
            for (int round = 0; round < kRounds; ++round) {
                Connection connection(server);
                connection.first();
                switch ((round + thread) % 5) {
                    case 0:
                        ++abandoned;
                        break;
                    case 1:
                        CHECK(connection.status("deny").code() == ErrorCodes::AuthenticationFailed);
                        ++denied;
                        break;
                    case 2:
                        connection.operation().markKilled(ErrorCodes::Interrupted);
                        CHECK(connection.status("hold").code() == ErrorCodes::Interrupted);
                        ++killed;
                        break;
                    default:
                        CHECK(connection.status("second").isOK());
                        ++verified;
                }
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    const auto stats = active()->plugin().stats().value();
    CHECK(stats.conversations == 0 && stats.begun == kThreads * kRounds);
    const auto as_count = [](std::uint64_t value) { return static_cast<int>(value); };
    CHECK(as_count(stats.succeeded) == verified && as_count(stats.denied) == denied);
    CHECK(as_count(stats.cancelled) == killed + abandoned);
    const auto lines = theLog.take();
    CHECK(count(lines, Severity::kInfo, {"login verified"}) == verified);
    CHECK(count(lines, Severity::kInfo, {"login refused"}) == denied + killed);
}

void server_status_has_the_plugin_s_statistics() {
    const auto section = [] {
        const auto* found = mongo::standinSections().at("awsIamAuth");
        CHECK(found->includeByDefault());
        return found->generateSection(nullptr, mongo::BSONElement()).fields();
    };
    {
        const Server none("");
        CHECK(section().empty());
    }
    Running server;
    const auto before = section();
    Connection connection(server);
    connection.first();
    CHECK(connection.status("second").isOK());
    const auto after = section();
    CHECK(before.size() == after.size());
    for (const auto& [name, value] : before) CHECK(after.count(name) == 1 && !value.empty());
    CHECK(before.at("succeeded") == "0" && after.at("succeeded") == "1");
    CHECK(after.at("begun") == "1");
}

}  // namespace

int main(int argc, char** argv) {
    CHECK(argc == 2);
    stub = argv[1];
    a_verified_login_gives_its_principal();
    every_login_leaves_one_line();
    what_breaks_the_rules_is_a_bad_value();
    an_interruption_ends_the_wait();
    an_interruption_races_with_the_outcome();
    the_server_shows_no_payload();
    a_thread_of_the_plugin_has_its_own_name_in_the_log();
    a_client_may_go_between_its_messages();
    shutdown_ends_pending_logins_and_answers_until_then();
    shutdown_races_with_logins();
    thousands_of_logins();
    server_status_has_the_plugin_s_statistics();
    return 0;
}
