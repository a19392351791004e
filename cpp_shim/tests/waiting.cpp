// Handles and waiting, against the stub plugin: its second payload "hold" stays pending until it is
// cancelled, "deny" is refused, anything else is verified. Argument: the stub plugin.
#include <atomic>
#include <condition_variable>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "check.h"
#include "maws/status.h"
#include "maws/wait.h"

namespace {

using maws::Conversation;
using maws::Plugin;
using maws::Verdict;
using maws::Waiter;

class CountingSink final : public maws::LogSink {
 public:
    void log(const maws::LogEvent& event) noexcept override {
        if (!event.text.empty()) ++lines;
    }
    std::atomic<int> lines{0};
};

bool never() {
    return false;
}

Conversation begin(const Plugin& plugin, maws::ReadySink* ready) {
    maws::Begin args;
    args.database = "$external";
    args.client_addr = "127.0.0.1:1";
    args.ready = ready;
    auto begun = Conversation::begin(plugin, args);
    CHECK(begun.ok());
    return std::move(begun).value();
}

void first_step(Waiter& waiter, Conversation& conversation) {
    const Verdict verdict = waiter.step_unless(conversation, "first", never);
    CHECK(verdict.step.status == MAWS_CONTINUE && !verdict.interrupted);
    CHECK(!verdict.step.reply.empty());
}

void outcomes(const Plugin& plugin) {
    Waiter waiter;
    Conversation good = begin(plugin, &waiter);
    first_step(waiter, good);
    Verdict verdict = waiter.step_unless(good, "second", never);
    CHECK(verdict.step.status == MAWS_DONE && !verdict.interrupted);
    CHECK(good.info().principal == "arn:aws:iam::123456789012:user/alice");
    CHECK(good.info().kind == MAWS_PRINCIPAL_USER);
    good.end();
    CHECK(good.info().status == MAWS_E_HANDLE);
    CHECK(good.step("again").status == MAWS_E_HANDLE);

    Conversation bad = begin(plugin, &waiter);
    first_step(waiter, bad);
    verdict = waiter.step_unless(bad, "deny", never);
    CHECK(maws::group_of(verdict.step.status) == maws::Group::kClient && !verdict.interrupted);
    CHECK(bad.info().principal.empty() && !bad.info().detail.empty());
    bad = begin(plugin, &waiter);  // ends the old one
    first_step(waiter, bad);
    Conversation moved = std::move(bad);
    CHECK(waiter.step_unless(moved, "second", never).step.status == MAWS_DONE);

    maws::Begin elsewhere;
    elsewhere.database = "admin";
    const auto refused = Conversation::begin(plugin, elsewhere);
    CHECK(!refused && refused.error().status == MAWS_E_PROTOCOL);
}

// Interrupted before, during and, in the race, about the time of the outcome.
void interruptions(const Plugin& plugin) {
    for (int round = 0; round < 20; ++round) {
        Waiter waiter;
        Conversation conversation = begin(plugin, &waiter);
        first_step(waiter, conversation);
        std::atomic<bool> stop{round % 2 == 0};
        std::thread stopper([&] {
            stop = true;
            waiter.wake();
        });
        const Verdict verdict =
            waiter.step_unless(conversation, "hold", [&] { return stop.load(); });
        CHECK(verdict.interrupted && verdict.step.status == MAWS_E_CANCELLED);
        stopper.join();
    }
    for (int round = 0; round < 500; ++round) {
        Waiter waiter;
        Conversation conversation = begin(plugin, &waiter);
        first_step(waiter, conversation);
        std::atomic<bool> stop{false};
        std::thread stopper([&] {
            stop = true;
            waiter.wake();
        });
        const Verdict verdict =
            waiter.step_unless(conversation, "second", [&] { return stop.load(); });
        CHECK(verdict.step.status == MAWS_DONE || verdict.step.status == MAWS_E_CANCELLED);
        // An outcome that came first stays; nobody is told "done" by an interrupted wait alone.
        CHECK(verdict.interrupted || verdict.step.status == MAWS_DONE);
        conversation.end();  // before the stopper: the waiter alone has to outlive it
        stopper.join();
    }
}

// The caller's own lock and condition variable, as in a server with types of its own.
struct AnyTypes {
    using Mutex = std::mutex;
    using ConditionVariable = std::condition_variable_any;
    using Lock = std::unique_lock<std::mutex>;
};

void own_types(const Plugin& plugin) {
    maws::BasicWaiter<AnyTypes> waiter;
    Conversation conversation = begin(plugin, &waiter);
    int waits = 0;
    const auto wait = [&](auto& condition, auto& lock, auto ready) {
        ++waits;
        condition.wait(lock, ready);
        return true;
    };
    CHECK(waiter.step(conversation, "first", wait).step.status == MAWS_CONTINUE);
    CHECK(waiter.step(conversation, "second", wait).step.status == MAWS_DONE);
    CHECK(waits == 1);
}

void polling(const Plugin& plugin) {
    constexpr std::chrono::milliseconds kInterval{5};
    Conversation conversation = begin(plugin, nullptr);
    CHECK(maws::step_polling(conversation, "first", kInterval, never).step.status == MAWS_CONTINUE);
    CHECK(maws::step_polling(conversation, "second", kInterval, never).step.status == MAWS_DONE);

    Conversation held = begin(plugin, nullptr);
    held.step("first");
    int asked = 0;
    const Verdict verdict =
        maws::step_polling(held, "hold", kInterval, [&] { return ++asked == 3; });
    CHECK(verdict.interrupted && verdict.step.status == MAWS_E_CANCELLED);
}

// A canceller may be used whenever, from whichever thread, also after everything has gone.
void cancelling(const Plugin& plugin) {
    maws::Canceller canceller;
    canceller.cancel();
    for (int round = 0; round < 500; ++round) {
        Waiter waiter;
        Conversation conversation = begin(plugin, &waiter);
        canceller = conversation.canceller();
        first_step(waiter, conversation);
        std::thread other([canceller] { canceller.cancel(); });
        conversation.step("second");
        conversation.end();
        other.join();
        canceller.cancel();
    }
    // A poll in another thread wakes, and end waits for it to be gone.
    Conversation held = begin(plugin, nullptr);
    held.step("first");
    CHECK(held.step("hold").status == MAWS_PENDING);
    std::atomic<bool> inside{false};
    std::thread poller([&] {
        inside = true;
        CHECK(held.poll(60'000).status == MAWS_E_CANCELLED);
    });
    while (!inside) std::this_thread::yield();
    held.cancel();
    poller.join();
}

void many_threads(const Plugin& plugin) {
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 16; ++thread) {
        threads.emplace_back([&plugin] {
            for (int round = 0; round < 100; ++round) {
                Waiter waiter;
                Conversation conversation = begin(plugin, &waiter);
                first_step(waiter, conversation);
                if (round % 3 == 0) {
                    conversation.step("second");  // ended while pending
                } else {
                    CHECK(waiter.step_unless(conversation, "second", never).step.status ==
                          MAWS_DONE);
                }
                CHECK(plugin.stats().ok());
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
}

void options_and_statistics(const Plugin& plugin) {
    CHECK(plugin.get_option("awsStsHost").value() == "sts.amazonaws.com");
    CHECK(plugin.get_option("none").error().status == MAWS_E_OPTION);
    CHECK(plugin.set_options({{"awsStsTimeoutMs", "500"}}).ok());
    CHECK(plugin.get_option("awsStsTimeoutMs").value() == "500");
    const auto refused = plugin.set_options({{"awsStsTimeoutMs", "never"}});
    CHECK(!refused && refused.error().message.find("awsStsTimeoutMs") != std::string::npos);
    CHECK(plugin.stats_json().value().front() == '{');
    CHECK(plugin.stats().value().conversations == 0);
    CHECK(plugin.set_log_level(MAWS_LOG_OFF).ok());
}

void end_of_life(const maws::Library& library) {
    const auto sink = std::make_shared<CountingSink>();
    auto created = Plugin::create(library, {}, {sink, MAWS_LOG_DEBUG});
    CHECK(created.ok());
    {
        const Plugin plugin = created.value();
        Waiter waiter;
        const Conversation conversation = begin(plugin, &waiter);
        CHECK(plugin.destroy(0).error().status == MAWS_E_IN_USE);
    }
    CHECK(sink->lines > 0);
    CHECK(created.value().destroy(1000).ok());
    CHECK(created.value().destroy(1000).error().status == MAWS_E_HANDLE);
    CHECK(sink.use_count() == 1);
    CHECK(created.value().stats().error().status == MAWS_E_HANDLE);

    // Without destroy, the last handle takes the plugin along: here the conversation's.
    auto brief = Plugin::create(library, {}, {sink, MAWS_LOG_DEBUG});
    {
        Waiter waiter;
        const Conversation last = begin(brief.value(), &waiter);
        brief = maws::Error{};
        CHECK(sink.use_count() == 2);
    }
    CHECK(sink.use_count() == 1);
}

}  // namespace

int main(int argc, char** argv) {
    CHECK(argc == 2);
    const ScratchFolder scratch;
    const auto library = maws::Library::open(scratch.trusted_copy(argv[1]));
    if (!library) std::fprintf(stderr, "%s\n", library.error().message.c_str());
    CHECK(library.ok());
    const auto unknown = Plugin::create(library.value(), {{"awsNoSuchOption", "1"}}, {});
    CHECK(!unknown && unknown.error().status == MAWS_E_OPTION);
    CHECK(unknown.error().message.find("awsNoSuchOption") != std::string::npos);
    {
        const auto created =
            Plugin::create(library.value(), {{"awsStsHost", "sts.amazonaws.com"}}, {});
        CHECK(created.ok());
        const Plugin& plugin = created.value();
        outcomes(plugin);
        interruptions(plugin);
        own_types(plugin);
        polling(plugin);
        cancelling(plugin);
        many_threads(plugin);
        options_and_statistics(plugin);
        CHECK(plugin.destroy(1000).ok());
    }
    end_of_life(library.value());
    return 0;
}
