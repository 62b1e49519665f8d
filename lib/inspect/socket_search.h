// Finding the sockets of other processes: by process, by port, by state.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "inspect/process.h"
#include "inspect/socket_facts.h"

namespace sockbox::net {

// A type of socket as a user names it. `protocol` counts for IPv4 and IPv6 alone, and not for raw
// sockets.
struct SocketType {
    std::string_view name;
    int type;
    int protocol;
    bool inet;
};

// Which sockets of other processes fit.
struct SocketFilter {
    std::optional<int> pid;             // of that process alone
    std::string process;                // of processes of that name; any where it is empty
    std::optional<std::uint16_t> port;  // the local one
    bool listening = false;             // those that wait for peers
    Family family = Family::any;
    std::optional<SocketType> type;
};

struct ChosenSocket {
    Socket socket;  // none where nobody who holds it may be looked into: the facts are all
    SocketFacts facts;
    std::optional<int> descriptor;  // where it is somebody's
    std::shared_ptr<const HostProcess> process;
    std::uint64_t inode = 0;            // of a process's socket
    std::optional<std::uint32_t> user;  // the owner, where no process is known
};

// How a search went.
struct Search {
    bool met_any = false;          // whether there was a process to look into
    std::size_t closed_to_us = 0;  // processes that we may not look into
    // Why the one process that was named was not seen, or not to its end.
    std::optional<Error> cut_off;
    std::shared_ptr<const HostProcess> process;  // the one that was named, if it is there
};

// Hands over the sockets of other processes that may fit, in order, until `use` returns false,
// which ends it for that process: the process, the descriptor and the inode are known, nothing is
// open. Sockets that fit and whose process may not be looked into come last, as facts alone. Memory
// does not grow with the number of sockets that do not fit. Fails when processes cannot be listed.
Result<Search> search(const SocketFilter& filter, const std::function<bool(ChosenSocket&&)>& use);

// Opens what search() came upon and asks for its facts. False where it does not fit, or is not
// there any more: then nothing is open. Works from any thread.
Result<bool> look_at(ChosenSocket& found, const SocketFilter& filter);

// The socket with its facts; owned by nobody else as far as we know.
Result<ChosenSocket> chosen(Result<Socket> socket);

// The socket that is this descriptor of a process.
Result<ChosenSocket> target_in(const std::shared_ptr<const HostProcess>& process, int descriptor);

// Fails where the process's descriptor is no longer this socket: what comes after it, perhaps by
// chance of the number, is not to be changed.
Status check_identity(const ChosenSocket& target);

// The sockets that do not follow when an option of a listener is set.
struct Companions {
    std::size_t accepted = 0;  // connections of its port
    std::size_t sharing = 0;   // other listeners of its port (SO_REUSEPORT)
};
// None where the system does not list them.
Companions companions_of(const ChosenSocket& listener);

}  // namespace sockbox::net
