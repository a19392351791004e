// Clients that leave a silent STS: how long until the next login is verified.
//
// STS is stopped (SIGSTOP), and as many logins are begun as may be in flight. Then all of their
// clients leave, STS continues, and one more client logs in.
#include <signal.h>

#include <deque>
#include <thread>

#include "host.h"
#include "measure.h"
#include "waiter.h"

namespace {

using bench::Clock;

// For all requests to be in flight.
constexpr auto give_up_after = std::chrono::seconds(5);

double milliseconds(Clock::time_point from) {
    return std::chrono::duration<double, std::milli>(Clock::now() - from).count();
}

// Takes a login as far as its verification.
maws_conv begin(const bench::Host& host, bench::Waiter& waiter) {
    maws_conv conv{};
    const bool begun = host.begin(waiter.begin(), conv) == MAWS_DONE &&
                       host.send(conv, bench::fixed_first()) == MAWS_CONTINUE &&
                       host.send(conv, bench::fixed_second()) == MAWS_PENDING;
    if (!begun) bench::fail("a login was refused");
    return conv;
}

bool log_in(const bench::Host& host) {
    bench::Waiter waiter;
    const maws_conv conv = begin(host, waiter);
    waiter.wait();
    const bool verified = host.outcome(conv) == MAWS_DONE;
    host.end(conv);
    return verified;
}

// Leaves an idle connection for each.
void log_in_at_once(const bench::Host& host, std::size_t count) {
    std::vector<std::thread> clients;
    for (std::size_t i = 0; i < count; ++i) clients.emplace_back([&] { log_in(host); });
    for (auto& client : clients) client.join();
}

void await_in_flight(const bench::Host& host, std::size_t count) {
    const auto until = Clock::now() + give_up_after;
    while (host.stats().in_flight < count) {
        if (Clock::now() > until) bench::fail("fewer requests are in flight than there are places");
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

}  // namespace

int main(int argc, char** argv) {
    const bench::Arguments arguments(
        argc, argv,
        {{"--plugin", ""}, {"--clients", "64"}, {"--warm", "21"}, {"--silent-pid", ""}});
    const auto pid = static_cast<pid_t>(arguments.count("--silent-pid"));
    const std::size_t clients = arguments.count("--clients");
    const bench::Host host(arguments.text("--plugin"), arguments.options(),
                           bench::Waiter::on_ready);
    log_in_at_once(host, clients);
    std::vector<float> warm(arguments.count("--warm"));
    for (float& time : warm) {
        const auto from = Clock::now();
        if (!log_in(host)) bench::fail("a warm login failed");
        time = static_cast<float>(milliseconds(from));
    }

    kill(pid, SIGSTOP);
    std::deque<bench::Waiter> waiters(clients);
    std::vector<maws_conv> waiting;
    for (auto& waiter : waiters) waiting.push_back(begin(host, waiter));
    await_in_flight(host, clients);
    const auto from = Clock::now();
    for (const maws_conv conv : waiting) {
        host.cancel(conv);
        host.end(conv);
    }
    kill(pid, SIGCONT);
    const double left = milliseconds(from);
    const bool verified = log_in(host);
    bench::Line()
        .add("warm_p50_ms", bench::percentile(warm, .5))
        .add("leaving_ms", left)
        .add("next_ms", milliseconds(from))
        .add("verified", static_cast<std::size_t>(verified));
    return 0;
}
