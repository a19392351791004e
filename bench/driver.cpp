// Logs in through the plugin with one thread for each login in progress, each waiting on a
// condition variable that conv_ready signals, as mongod's session threads do.
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "host.h"
#include "load.h"
#include "measure.h"

namespace {

struct Waiter {
    std::mutex mutex;
    std::condition_variable condition;
    bool ready = false;
};

void on_ready(std::uintptr_t, std::uintptr_t conv_ctx) {
    auto& waiter = *reinterpret_cast<Waiter*>(conv_ctx);
    {
        const std::lock_guard lock(waiter.mutex);
        waiter.ready = true;
    }
    // Without the lock, which the thread that wakes wants at once; it goes no further than to the
    // conversation's end, which waits for this function to return.
    waiter.condition.notify_one();
}

// One login of a session thread, which asks for what is known of it at the end. Where the client
// takes its time between its messages, the time counts from the second.
maws_status login(const bench::Host& host, Waiter& waiter, double rest_ms,
                  bench::Clock::time_point& from) {
    waiter.ready = false;
    maws_conv conv{};
    maws_status status = host.begin(reinterpret_cast<std::uintptr_t>(&waiter), conv);
    if (status == MAWS_DONE) status = host.send(conv, bench::fixed_first());
    if (rest_ms > 0) {
        std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(rest_ms));
        from = bench::Clock::now();
    }
    if (status == MAWS_CONTINUE) status = host.send(conv, bench::fixed_second());
    if (status == MAWS_PENDING) {
        std::unique_lock lock(waiter.mutex);
        waiter.condition.wait(lock, [&] { return waiter.ready; });
        lock.unlock();
        status = host.outcome(conv);
    }
    const maws_info info = host.info(conv);
    if (status != MAWS_DONE) {
        std::fprintf(stderr, "%d %.*s\n", status, static_cast<int>(info.detail.len),
                     info.detail.ptr);
    }
    host.end(conv);
    return status;
}

}  // namespace

int main(int argc, char** argv) {
    auto defaults = bench::load_defaults();
    defaults.insert({{"--plugin", ""}, {"--rest-ms", "0"}});
    const bench::Arguments arguments(argc, argv, defaults);
    const double rest_ms = arguments.number("--rest-ms");
    const bench::Host host(arguments.text("--plugin"), arguments.options(), on_ready);
    bench::run_load(arguments, [&] {
        return [&host, rest_ms, waiter = std::make_shared<Waiter>()](auto& from) {
            return login(host, *waiter, rest_ms, from) == MAWS_DONE;
        };
    });
    return 0;
}
