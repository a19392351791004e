// Logs in through the plugin with one thread for each login in progress, each waiting on a
// condition variable that conv_ready signals, as mongod's session threads do.
#include <atomic>
#include <memory>
#include <thread>

#include "host.h"
#include "load.h"
#include "measure.h"
#include "waiter.h"

namespace {

// Logins that had to wait until a connection was open: those whose connect_us is not 0.
std::atomic<std::size_t> connecting{0};

// One login of a session thread, which asks for what is known of it at the end. Where the client
// pauses between its messages, the time counts from the second.
maws_status login(const bench::Host& host, bench::Waiter& waiter, double pause_ms,
                  bench::Clock::time_point& from) {
    maws_conv conv{};
    maws_status status = host.begin(waiter.begin(), conv);
    if (status == MAWS_DONE) status = host.send(conv, bench::fixed_first());
    if (pause_ms > 0) {
        std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(pause_ms));
        from = bench::Clock::now();
    }
    if (status == MAWS_CONTINUE) status = host.send(conv, bench::fixed_second());
    if (status == MAWS_PENDING) {
        waiter.wait();
        status = host.outcome(conv);
    }
    const maws_info info = host.info(conv);
    if (info.connect_us > 0) ++connecting;
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
    defaults.insert({{"--plugin", ""}, {"--pause-ms", "0"}});
    const bench::Arguments arguments(argc, argv, defaults);
    const double pause_ms = arguments.number("--pause-ms");
    const bench::Host host(arguments.text("--plugin"), arguments.options(),
                           bench::Waiter::on_ready);
    const auto make = [&] {
        return [&host, pause_ms, waiter = std::make_shared<bench::Waiter>()](auto& from) {
            return login(host, *waiter, pause_ms, from) == MAWS_DONE;
        };
    };
    bench::run_load(arguments, make, [&](bench::Line& line) {
        line.add("connecting", connecting.load())
            .add("stale", static_cast<std::size_t>(host.stats().sts_stale));
    });
    return 0;
}
