#include "load.h"

#include <pthread.h>

#include <atomic>
#include <thread>
#include <vector>

namespace bench {

namespace {

struct Shared {
    pthread_barrier_t barrier{};
    std::atomic<std::size_t> errors{0};
    std::atomic<std::size_t> begun{0};
    std::atomic<bool> stop{false};
    std::size_t warm_up = 0;
    std::size_t logins = 0;
};

void log_in(Shared& shared, const Login& login, std::vector<float>& times) {
    for (std::size_t i = 0; i < shared.warm_up; ++i) {
        auto from = Clock::now();
        login(from);
    }
    pthread_barrier_wait(&shared.barrier);
    pthread_barrier_wait(&shared.barrier);
    while (shared.logins > 0 ? shared.begun.fetch_add(1) < shared.logins : !shared.stop) {
        auto from = Clock::now();
        if (!login(from)) ++shared.errors;
        times.push_back(std::chrono::duration<float, std::micro>(Clock::now() - from).count());
    }
}

}  // namespace

std::map<std::string, std::string> load_defaults() {
    return {{"--threads", "1"}, {"--warmup", "3"}, {"--logins", "0"}, {"--seconds", "1"}};
}

void run_load(const Arguments& arguments, const std::function<Login()>& make,
              const std::function<void(Line&)>& add) {
    Shared shared;
    shared.warm_up = arguments.count("--warmup");
    shared.logins = arguments.count("--logins");
    const std::size_t count = arguments.count("--threads");
    pthread_barrier_init(&shared.barrier, nullptr, static_cast<unsigned>(count) + 1);
    const long rss_before = status_field("VmRSS:");
    std::vector<std::vector<float>> times(count);
    std::vector<std::thread> threads;
    for (auto& mine : times) {
        threads.emplace_back([&] { log_in(shared, make(), mine); });
    }
    pthread_barrier_wait(&shared.barrier);
    const Usage before = Usage::now();
    const auto begun = Clock::now();
    pthread_barrier_wait(&shared.barrier);
    long rss = 0;
    long live_threads = 0;
    if (shared.logins == 0) {
        const auto half = Seconds(arguments.number("--seconds") / 2);
        std::this_thread::sleep_for(half);
        rss = status_field("VmRSS:");
        live_threads = status_field("Threads:");
        std::this_thread::sleep_for(half);
        shared.stop = true;
    }
    for (auto& thread : threads) thread.join();
    const double wall = Seconds(Clock::now() - begun).count();
    const Usage after = Usage::now();
    pthread_barrier_destroy(&shared.barrier);

    std::vector<float> all;
    for (const auto& mine : times) all.insert(all.end(), mine.begin(), mine.end());
    const auto logins = static_cast<double>(all.size());
    Line line;
    line.add("logins", all.size())
        .add("errors", shared.errors.load())
        .add("logins_per_s", logins / wall)
        .add("p50_us", percentile(all, .5))
        .add("p95_us", percentile(all, .95))
        .add("cpu_us_per_login", (after.cpu - before.cpu) * 1e6 / logins)
        .add("switches_per_login", (after.switches - before.switches) / logins)
        .add("threads", static_cast<std::size_t>(live_threads))
        .add("rss_growth_kib", static_cast<double>(rss - rss_before));
    if (add) add(line);
}

}  // namespace bench
