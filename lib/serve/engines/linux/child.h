// The life of a child process that serves one connection, and what it tells its parent.
#pragma once

#include <array>
#include <climits>
#include <type_traits>

#include "serve/service.h"

namespace sockbox::serve {

// What happened in a child, as bytes of a pipe; an error's category is at the same address in both.
struct ChildMessage {
    enum class Kind : std::uint8_t { ended, trouble };
    Kind kind = Kind::ended;
    ConnectionReport report;  // for `ended`
    std::error_code error;    // for `trouble`, and what was tried
    std::array<char, 64> action{};
};
// So one message is never torn apart (pipe(7)).
static_assert(std::is_trivially_copyable_v<ChildMessage> && sizeof(ChildMessage) <= PIPE_BUF);

// Serves the client in a child process; its id, or why there is none. The child tells what happens
// by `report`, the write end of a pipe, whose end of file is the child's end. It holds no other
// descriptor than these two, the standard streams and the service's stop signals; leaves it to
// those to end it, ignoring SIGINT and SIGTERM, which a terminal or a service manager sends to all
// processes of a group; and is killed when the thread that forked it ends.
net::Result<int> serve_in_child(Service& service, Client& client, const net::Socket& report);

}  // namespace sockbox::serve
