// Many logins from few threads: all at once, or so many a second. One thread begins them, another
// takes their outcomes, as a server with an event loop would.
//
// With --silent-pid, that program, which serves the first STS endpoint, is stopped (SIGSTOP) after
// --silent-at seconds and goes on after --back-at.
#include <malloc.h>
#include <signal.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "host.h"
#include "measure.h"

namespace {

using bench::Clock;

struct Login {
    maws_conv conv{};
    maws_status status = MAWS_PENDING;
    std::uint32_t reason = 0;
    bool at_first_host = false;
    double begun = 0;
    double ended = 0;
    // That step has returned, and that conv_ready was called: either may come first.
    std::atomic<int> signs{0};
};

class Crowd {
 public:
    Crowd(const bench::Arguments& arguments, std::size_t logins)
        : first_host_(arguments.text("--first-host")),
          logins_(logins),
          host_(arguments.text("--plugin"), arguments.options(), on_ready,
                reinterpret_cast<std::uintptr_t>(this)) {}

    // Begins the logins: at once, or evenly at this rate.
    void begin_all(double rate) {
        began_ = Clock::now();
        for (std::size_t i = 0; i < logins_.size(); ++i) {
            if (rate > 0) std::this_thread::sleep_until(at(static_cast<double>(i) / rate));
            begin(i);
        }
    }

    // Takes outcomes until each login has one.
    void collect() {
        for (std::size_t left = logins_.size(); left > 0; --left) {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [&] { return !ready_.empty(); });
            const std::size_t index = ready_.front();
            ready_.pop_front();
            lock.unlock();
            Login& login = logins_[index];
            if (login.status == MAWS_PENDING) login.status = host_.outcome(login.conv);
            login.ended = since_begin();
            login.reason = host_.info(login.conv).reason;
            host_.end(login.conv);
        }
    }

    void warm_up(std::size_t count) {
        std::vector<Login> measured(count);
        measured.swap(logins_);
        std::thread beginner([&] { begin_all(0); });
        collect();
        beginner.join();
        measured.swap(logins_);
        before_ = host_.stats();
    }

    // Conversations that wait for their clients; gives the bytes that each takes.
    double idle(std::size_t count) {
        std::vector<maws_conv> conversations(count);
        const auto used = [] {
            const auto info = mallinfo2();
            return static_cast<double>(info.uordblks + info.hblkhd);
        };
        const double before = used();
        for (maws_conv& conv : conversations) {
            const bool begun = host_.begin(0, conv) == MAWS_DONE;
            if (!begun || host_.send(conv, bench::fixed_first()) != MAWS_CONTINUE) {
                bench::fail("a conversation was refused");
            }
        }
        const double bytes = (used() - before) / static_cast<double>(count);
        for (const maws_conv conv : conversations) host_.end(conv);
        return bytes;
    }

    Clock::time_point at(double seconds) const {
        return began_ + std::chrono::duration_cast<Clock::duration>(bench::Seconds(seconds));
    }
    const std::vector<Login>& logins() const { return logins_; }
    maws_stats stats_before() const { return before_; }
    maws_stats stats() const { return host_.stats(); }
    void start_clock() { began_ = Clock::now(); }

 private:
    static void on_ready(std::uintptr_t crowd, std::uintptr_t index) {
        reinterpret_cast<Crowd*>(crowd)->sign(index, 1);
    }

    // The second of two signs makes a login ready to be collected.
    void sign(std::size_t index, int signs) {
        if (logins_[index].signs.fetch_add(signs) + signs < 2) return;
        const std::lock_guard lock(mutex_);
        ready_.push_back(index);
        changed_.notify_one();
    }

    void begin(std::size_t index) {
        Login& login = logins_[index];
        login.begun = since_begin();
        maws_status status = host_.begin(index, login.conv);
        if (status == MAWS_DONE) status = host_.send(login.conv, bench::fixed_first());
        if (status == MAWS_CONTINUE) {
            login.at_first_host = bench::text(host_.info(login.conv).sts_host) == first_host_;
            status = host_.send(login.conv, bench::fixed_second());
        }
        if (status == MAWS_PENDING) return sign(index, 1);
        login.status = status;
        sign(index, 2);
    }

    double since_begin() const { return bench::Seconds(Clock::now() - began_).count(); }

    std::string first_host_;
    std::vector<Login> logins_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::size_t> ready_;
    Clock::time_point began_;
    maws_stats before_{};
    bench::Host host_;
};

// What the first endpoint's silence, and its coming back, did to the logins.
void add_silence(bench::Line& line, const std::vector<Login>& logins, double silent, double back) {
    std::size_t failed = 0;
    std::size_t failed_after_return = 0;
    double last_failed = 0;
    double recovered = -1;
    for (const Login& login : logins) {
        if (login.status != MAWS_DONE) {
            ++failed;
            failed_after_return += login.begun >= back;
            last_failed = std::max(last_failed, login.begun - silent);
        } else if (login.at_first_host && login.begun >= back && recovered < 0) {
            recovered = login.begun - back;
        }
    }
    line.add("failed_after_silence", failed)
        .add("last_failed_begun_s", last_failed)
        .add("failed_after_return", failed_after_return)
        .add("recovered_s", recovered);
}

// {"number": count, ...}
std::string counts(const std::map<std::int64_t, std::size_t>& counted) {
    std::string object;
    for (const auto& [number, count] : counted) {
        object.append(object.empty() ? "{" : ", ").append("\"");
        object.append(std::to_string(number)).append("\": ").append(std::to_string(count));
    }
    return object + "}";
}

void print(const Crowd& crowd, double cpu, double silent, double back) {
    std::map<std::int64_t, std::size_t> outcomes;
    std::map<std::int64_t, std::size_t> reasons;
    std::vector<float> times;
    double wall = 0;
    for (const Login& login : crowd.logins()) {
        ++outcomes[login.status];
        ++reasons[login.reason];
        times.push_back(static_cast<float>(login.ended - login.begun));
        wall = std::max(wall, login.ended);
    }
    const auto logins = crowd.logins().size();
    const auto succeeded = outcomes[MAWS_DONE];
    const maws_stats stats = crowd.stats();
    const maws_stats before = crowd.stats_before();
    bench::Line line;
    line.add("logins", logins)
        .add("errors", logins - succeeded)
        .raw("by_status", counts(outcomes))
        .raw("by_reason", counts(reasons))
        .add("wall_s", wall)
        .add("p50_s", bench::percentile(times, .5))
        .add("p95_s", bench::percentile(times, .95))
        .add("cpu_us_per_login", cpu * 1e6 / static_cast<double>(logins))
        .add("requests", static_cast<std::size_t>(stats.sts_requests - before.sts_requests))
        .add("throttled", static_cast<std::size_t>(stats.sts_throttled - before.sts_throttled))
        .add("connections",
             static_cast<std::size_t>(stats.sts_connections - before.sts_connections));
    if (silent > 0) add_silence(line, crowd.logins(), silent, back);
}

void send_signals(const Crowd& crowd, pid_t pid, double silent, double back) {
    std::this_thread::sleep_until(crowd.at(silent));
    kill(pid, SIGSTOP);
    std::this_thread::sleep_until(crowd.at(back));
    kill(pid, SIGCONT);
}

}  // namespace

int main(int argc, char** argv) {
    const bench::Arguments arguments(argc, argv,
                                     {{"--plugin", ""},
                                      {"--logins", "10000"},
                                      {"--rate", "0"},
                                      {"--warmup", "0"},
                                      {"--idle", "0"},
                                      {"--first-host", ""},
                                      {"--silent-pid", "0"},
                                      {"--silent-at", "0"},
                                      {"--back-at", "0"}});
    Crowd crowd(arguments, arguments.count("--logins"));
    if (const auto warm_up = arguments.count("--warmup"); warm_up > 0) crowd.warm_up(warm_up);
    if (const auto idle = arguments.count("--idle"); idle > 0) {
        bench::Line().add("bytes_per_idle_conversation", crowd.idle(idle));
        return 0;
    }
    const auto pid = static_cast<pid_t>(arguments.count("--silent-pid"));
    const double silent = arguments.number("--silent-at");
    const double back = arguments.number("--back-at");
    const auto usage = bench::Usage::now();
    crowd.start_clock();
    std::thread signaller;
    if (pid > 0) signaller = std::thread([&] { send_signals(crowd, pid, silent, back); });
    std::thread beginner([&] { crowd.begin_all(arguments.number("--rate")); });
    crowd.collect();
    beginner.join();
    if (signaller.joinable()) signaller.join();
    print(crowd, bench::Usage::now().cpu - usage.cpu, silent, back);
    return 0;
}
