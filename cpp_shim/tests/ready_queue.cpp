// An event loop that serves many logins of one plugin from a ReadyQueue, against the stub plugin:
// its second payload "deny" is refused, anything else is verified. Argument: the stub plugin.
#include "maws/ready_queue.h"

#include <poll.h>

#include <map>
#include <utility>

#include "check.h"
#include "maws/conversation.h"

namespace {

using maws::Conversation;
using maws::Plugin;
using maws::ReadyQueue;

std::shared_ptr<ReadyQueue> make_queue() {
    auto made = ReadyQueue::create();
    CHECK(made.ok());
    return std::move(made).value();
}

Plugin make_plugin(const maws::Library& library, std::shared_ptr<ReadyQueue> queue) {
    auto created = Plugin::create(library, {}, {nullptr, MAWS_LOG_OFF, std::move(queue)});
    CHECK(created.ok());
    return std::move(created).value();
}

bool is_readable(const ReadyQueue& queue, int wait_ms) {
    pollfd entry{queue.fd(), POLLIN, 0};
    return ::poll(&entry, 1, wait_ms) == 1;
}

Conversation begin_and_send(const Plugin& plugin, std::uint64_t tag, std::string_view second) {
    maws::Begin args;
    args.database = "$external";
    args.tag = tag;
    auto begun = Conversation::begin(plugin, args);
    CHECK(begun.ok());
    Conversation conversation = std::move(begun).value();
    CHECK(conversation.step("first").status == MAWS_CONTINUE);
    CHECK(conversation.step(second).status == MAWS_PENDING);
    return conversation;
}

void one_loop_serves_all(const maws::Library& library) {
    constexpr std::uint64_t kLogins = 200;
    const auto queue = make_queue();
    const Plugin plugin = make_plugin(library, queue);
    std::map<std::uint64_t, Conversation> logins;
    for (std::uint64_t tag = 1; tag <= kLogins; ++tag) {
        logins.emplace(tag, begin_and_send(plugin, tag, tag % 2 == 0 ? "second" : "deny"));
    }
    while (!logins.empty()) {
        CHECK(is_readable(*queue, -1));
        for (const std::uint64_t tag : queue->drain()) {
            const auto login = logins.find(tag);
            CHECK(login != logins.end());  // told once each
            const maws_status expected = tag % 2 == 0 ? MAWS_DONE : MAWS_E_DENIED;
            CHECK(login->second.poll(0).status == expected);
            logins.erase(login);
        }
    }
    CHECK(!is_readable(*queue, 0));
    CHECK(queue->drain().empty());
}

// A tag may wait in the queue when its conversation has ended: it names nobody then.
void a_tag_outlives_its_conversation(const maws::Library& library) {
    const auto queue = make_queue();
    const Plugin plugin = make_plugin(library, queue);
    {
        const Conversation gone = begin_and_send(plugin, 7, "second");
        CHECK(is_readable(*queue, -1));
    }
    CHECK(queue->drain() == std::vector<std::uint64_t>{7});
    CHECK(!is_readable(*queue, 0));
}

void the_plugin_keeps_the_queue(const maws::Library& library) {
    auto queue = make_queue();
    const std::weak_ptr<ReadyQueue> watched = queue;
    const Plugin plugin = make_plugin(library, std::move(queue));
    CHECK(!watched.expired());
    CHECK(plugin.destroy(1000).ok());
    CHECK(watched.expired());
}

}  // namespace

int main(int argc, char** argv) {
    CHECK(argc == 2);
    const ScratchFolder scratch;
    const auto library = maws::Library::open(scratch.trusted_copy(argv[1]));
    CHECK(library.ok());
    one_loop_serves_all(library.value());
    a_tag_outlives_its_conversation(library.value());
    the_plugin_keeps_the_queue(library.value());
    return 0;
}
