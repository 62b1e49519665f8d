// Finding sockets of other processes by process, port, state or type.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "inspect/process.h"
#include "inspect/socket_facts.h"
#include "net/signals.h"

namespace sockbox::net {

// A type of socket under the name that users know it by. `protocol` is compared only for IPv4 and
// IPv6 sockets that are not raw.
struct SocketType {
    std::string_view name;  // such as "tcp"
    int type;               // SOCK_…
    int protocol;           // IPPROTO_…
    bool inet;              // IPv4 or IPv6, as opposed to any other family
};

// Selects sockets of the processes on this machine; all conditions must hold.
struct SocketFilter {
    std::optional<int> pid;             // of this process only; `process` is then ignored
    std::string process;                // of processes with this name; empty: of any process
    std::optional<std::uint16_t> port;  // the local port
    bool listening = false;             // listening, or a bound datagram socket without a peer
    Family family = Family::any;        // Family::any: of any family
    std::optional<SocketType> type;     // nullopt: of any type
};

// A socket that search() has found.
struct FoundSocket {
    Socket socket;                  // invalid if only the facts are known
    SocketFacts facts;              // from open_if_matching(), or from the kernel's list
    std::optional<int> descriptor;  // its number in `process`
    std::shared_ptr<const HostProcess> process;  // null if not known
    std::uint64_t inode = 0;   // when it was examined; 0 if it was not, or without a process
    std::uint64_t cookie = 0;  // see cookie_of(); 0 after open_if_matching()
    std::optional<std::uint32_t> user;  // the owner's ID, if no process is known
};

// The outcome of a search.
struct SearchOutcome {
    bool any_process_matched = false;  // whether any process matched; unused if a pid was given
    std::size_t inaccessible_processes =
        0;  // number of processes that we have no permission to inspect
    // If the filter names a process, by pid or name: why one was not inspected, or not completely.
    std::optional<Error> process_error;
};

// Calls `use` for each descriptor that may be a matching socket, in ascending order of process ID
// and descriptor. `process` and `descriptor` are set and nothing is open yet: pass it to
// open_if_matching(), on any thread, because that takes most of the time. If `use` returns false,
// the search continues with the next process. Unless the filter names a process, matching sockets
// that no accessible process holds come last, with `facts`, `cookie` and `user` alone.
//
// Memory does not grow with the number of sockets that do not match. Everything runs on the calling
// thread, apart from listing sockets in other network namespaces. Linux only. Fails if processes
// cannot be listed, or if descriptors or memory run out; failures that concern one process are
// reported in SearchOutcome.
//
//     SocketFilter filter;
//     filter.port = 443;
//     const auto done = search(filter, [&](FoundSocket&& found) {
//         if (open_if_matching(found, filter).value_or(false))
//             fmt::print("{} {}\n", found.facts.state, found.facts.local);
//         return true;
//     });
//
// If `stop` (may be null) is raised, the search ends early, without an error.
Result<SearchOutcome> search(const SocketFilter& filter,
                             const std::function<bool(FoundSocket&&)>& use,
                             const StopSignal* stop = nullptr);

// Whether a descriptor found by search() is a socket; sets `inode` if it was not examined yet.
bool is_socket(FoundSocket& found);

// Opens a socket found by search(), reads its facts and compares them with the filter. Returns
// false, leaving nothing open, if it does not match, is no socket or no longer exists. Fails
// without permission, or if descriptors run out. Different sockets may be passed on different
// threads.
Result<bool> open_if_matching(FoundSocket& found, const SocketFilter& filter);

// Whether a socket that the kernel reported as destroyed (see DestroyedSockets) may have matched
// the filter, of which processes are not considered. Whether it was listening is not known any
// more: it counts as such if it was bound and has no peer.
bool may_have_matched(const SocketFilter& filter, const SocketFacts& destroyed);

// Adds the facts to a socket of this process. Passes on the error of `socket`.
Result<FoundSocket> with_facts(Result<Socket> socket);

// The socket behind a descriptor of another process, with its facts. See HostProcess::duplicate().
Result<FoundSocket> socket_in(const std::shared_ptr<const HostProcess>& process, int descriptor);

// Fails if the process's descriptor no longer refers to this socket: a socket that merely reuses
// the number must not be changed. Succeeds if the socket has no process.
Status check_identity(const FoundSocket& target);

// Sockets on a listener's port that are not affected by setting an option of the listener.
struct Companions {
    std::size_t accepted = 0;  // connections on its port
    std::size_t sharing = 0;   // other listeners on its port (SO_REUSEPORT)
};
// All zero if the system does not list sockets, or if the listener is in another network namespace.
Companions companions_of(const FoundSocket& listener);

}  // namespace sockbox::net
