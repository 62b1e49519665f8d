// Searches /proc and the kernel's socket lists for matching sockets.
#include "inspect/socket_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_map>

#include "inspect/process.h"
#include "inspect/socket_listing.h"

namespace sockbox::net {
namespace {

using Process = std::shared_ptr<const HostProcess>;

// A socket that a server waits on: listening, or a bound datagram socket without a peer.
bool is_waiting(const SocketFacts& facts) {
    const bool datagrams = facts.kind.type == SOCK_DGRAM && local_port(facts).value_or(0) != 0;
    return facts.kind.listening || (datagrams && facts.peer.empty());
}

bool is_gone(const Error& error) {
    return error.code == std::errc::no_such_process;
}

bool is_kernel_thread(const Error& error) {
    return error.code == std::errc::bad_file_descriptor;
}

// The sockets that match according to the kernel's own lists, so that no others have to be
// duplicated.
class Candidates {
  public:
    explicit Candidates(const ListingFilter& filter) : filter_(filter) {}

    // Lists this network namespace and every other one that has a process.
    void gather(const std::vector<int>& processes, const StopSignal* stop) {
        if (!filter_.port && !filter_.listening)
            return;
        usable_ = list(0);
        std::set<std::uint64_t> seen;
        if (const auto own = NetworkNamespace::own())
            seen.insert(own->id());
        for (const int pid : processes) {
            if (stop != nullptr && stop->raised())
                return;
            const auto space = NetworkNamespace::of_process(pid);
            if (!space || !seen.insert(space->id()).second)
                continue;
            bool listed = false;
            const bool entered = space->run([&] { listed = list(space->id()); }).has_value();
            usable_ = usable_ && (!entered || listed);
            if (!entered)
                unlisted_.insert(space->id());
        }
    }

    // Whether the socket may match. Any socket may if a list is missing or incomplete.
    bool may_fit(std::uint64_t inode) {
        const auto found = sockets_.find(inode);
        if (found != sockets_.end())
            found->second.held = true;
        return !usable_ || !unlisted_.empty() || found != sockets_.end();
    }

    // The listed sockets that were found in no process.
    template <class Use>
    void each_unheld(const Use& use) const {
        for (const auto& [inode, candidate] : sockets_)
            if (!candidate.held)
                use(candidate.socket);
    }

  private:
    struct Candidate {
        ListedSocket socket;
        bool held = false;
    };
    // About 30 MB. If more sockets match, each one is opened and inspected instead.
    static constexpr std::size_t most = 100'000;

    // `other_namespace` becomes SocketFacts::other_namespace, where any nonzero number serves.
    bool list(std::uint64_t other_namespace) {
        bool all = true;
        const auto done = list_sockets(filter_, [&](const ListedSocket& socket) {
            all = all && (sockets_.size() < most || sockets_.contains(socket.inode));
            if (all && sockets_.try_emplace(socket.inode, Candidate{socket}).second)
                sockets_[socket.inode].socket.facts.other_namespace = other_namespace;
        });
        return done && all;
    }

    const ListingFilter filter_;
    std::unordered_map<std::uint64_t, Candidate> sockets_;
    std::set<std::uint64_t> unlisted_;  // namespaces that could not be entered
    bool usable_ = false;
};

// One pass over one or all processes.
class ProcessWalk {
  public:
    ProcessWalk(const SocketFilter& filter, const std::function<bool(FoundSocket&&)>& use,
                const StopSignal* stop)
        : filter_(filter), use_(use), stop_(stop), candidates_({filter.port, filter.listening}) {}

    void one_process(int pid) {
        auto process = HostProcess::open(pid);
        if (!process) {
            search_.process_error = process.error();
            return;
        }
        if (const auto done = sockets_of(std::make_shared<HostProcess>(std::move(*process))); !done)
            search_.process_error = done.error();
    }

    // Fails if processes cannot be listed, or if descriptors or memory run out.
    Status every_process() {
        const auto processes = process_ids();
        if (!processes)
            return fail(processes.error());
        candidates_.gather(*processes, stop_);
        for (const int pid : *processes) {
            if (stop_ != nullptr && stop_->raised())
                return {};
            auto process = HostProcess::open(pid);
            if (!process && no_resources_left(process.error().code))
                return fail(process.error());
            if (!process || !named(*process))
                continue;
            search_.any_process_matched = true;
            const auto done = sockets_of(std::make_shared<HostProcess>(std::move(*process)));
            if (!done && no_resources_left(done.error().code))
                return fail(done.error());
            if (!done && is_gone(done.error())) {
                if (!filter_.process.empty())
                    search_.process_error = done.error();
            } else if (!done && !is_kernel_thread(done.error())) {
                ++search_.inaccessible_processes;
            }
        }
        if (filter_.process.empty())
            candidates_.each_unheld([&](const ListedSocket& listed) {
                FoundSocket found;
                found.facts = listed.facts;
                found.cookie = listed.cookie;
                found.user = listed.user;
                use_(std::move(found));
            });
        return {};
    }

    const SearchOutcome& outcome() const { return search_; }

  private:
    Status sockets_of(const Process& process) {
        return process->each_descriptor([&](int descriptor) {
            FoundSocket found;
            found.process = process;
            found.descriptor = descriptor;
            if (narrowed() && !(is_socket(found) && candidates_.may_fit(found.inode)))
                return true;
            return use_(std::move(found));
        });
    }

    bool narrowed() const { return !filter_.pid && (filter_.port || filter_.listening); }

    bool named(const HostProcess& process) const {
        constexpr std::size_t kept = 15;  // the kernel truncates names (TASK_COMM_LEN - 1)
        return filter_.process.empty() || process.name() == filter_.process.substr(0, kept);
    }

    const SocketFilter& filter_;
    const std::function<bool(FoundSocket&&)>& use_;
    const StopSignal* stop_;
    Candidates candidates_;
    SearchOutcome search_;
};

// Whether the error means that the socket was closed, or its number reused, since it was listed.
bool is_closed(const Error& error) {
    return error.code == std::errc::bad_file_descriptor || error.code == std::errc::not_a_socket ||
           is_gone(error);
}

bool fits(const SocketFilter& filter, const SocketKind& kind) {
    if (filter.family != Family::any && kind.family != native_family(filter.family))
        return false;
    if (!filter.type)
        return true;
    const SocketType& type = *filter.type;
    const bool inet = kind.family == AF_INET || kind.family == AF_INET6;
    const bool any_protocol = !type.inet || type.type == SOCK_RAW;
    return type.inet == inet && type.type == kind.type &&
           (any_protocol || type.protocol == kind.protocol);
}

}  // namespace

bool may_have_matched(const SocketFilter& filter, const SocketFacts& destroyed) {
    const std::uint16_t port = local_port(destroyed).value_or(0);
    return port != 0 && (!filter.port || port == *filter.port) &&
           (!filter.listening || destroyed.peer.empty()) && fits(filter, destroyed.kind);
}

Result<FoundSocket> with_facts(Result<Socket> socket) {
    if (!socket)
        return fail(socket.error());
    auto facts = facts_of(*socket);
    if (!facts)
        return fail(facts.error());
    FoundSocket target;
    target.socket = std::move(*socket);
    target.facts = std::move(*facts);
    target.cookie = cookie_of(target.socket);
    return target;
}

Result<FoundSocket> socket_in(const std::shared_ptr<const HostProcess>& process, int descriptor) {
    auto shared = process->duplicate(descriptor);
    if (!shared)
        return fail(shared.error());
    auto target = with_facts(std::move(shared->socket));
    if (!target)
        return target;
    target->descriptor = descriptor;
    target->inode = shared->inode;
    target->process = process;
    return target;
}

Status check_identity(const FoundSocket& target) {
    if (!target.process || target.process->holds(*target.descriptor, target.socket))
        return {};
    return fail(
        {{},
         "set",
         fmt::format("descriptor {} of process {}", *target.descriptor, target.process->pid()),
         "it is now another socket, or closed",
         {}});
}

Result<SearchOutcome> search(const SocketFilter& filter,
                             const std::function<bool(FoundSocket&&)>& use,
                             const StopSignal* stop) {
    ProcessWalk walk(filter, use, stop);
    if (filter.pid)
        walk.one_process(*filter.pid);
    else if (auto walked = walk.every_process(); !walked)
        return fail(walked.error());
    return walk.outcome();
}

bool is_socket(FoundSocket& found) {
    if (found.inode == 0 && found.process)
        found.inode = found.process->socket_inode(*found.descriptor).value_or(0);
    return found.inode != 0 || !found.process;
}

Result<bool> open_if_matching(FoundSocket& found, const SocketFilter& filter) {
    if (!found.process)
        return fits(filter, found.facts.kind);
    if (!is_socket(found))
        return false;
    const auto refusal = [](const Error& error) {
        return is_closed(error) ? Result<bool>(false) : fail(error);
    };
    auto socket = found.process->duplicate_found(*found.descriptor);
    if (!socket)
        return refusal(socket.error());
    auto read = facts_of(*socket);
    if (!read)
        return refusal(read.error());
    const SocketFacts& facts = *read;
    const bool fit = (!filter.port || local_port(facts) == filter.port) &&
                     (!filter.listening || is_waiting(facts)) && fits(filter, facts.kind);
    if (fit) {
        found.socket = std::move(*socket);
        found.facts = std::move(*read);
    }
    return fit;
}

Companions companions_of(const FoundSocket& listener) {
    Companions companions;
    const SocketFacts& own = listener.facts;
    if (!own.local_address || own.other_namespace != 0)
        return companions;
    std::set<std::uint64_t> counted{inode_of(listener.socket)};
    const auto done = list_sockets({local_port(own), false}, [&](const ListedSocket& other) {
        if (other.facts.kind.protocol != own.kind.protocol || !counted.insert(other.inode).second)
            return;
        ++(other.facts.kind.listening ? companions.sharing : companions.accepted);
    });
    return done ? companions : Companions();
}

}  // namespace sockbox::net
