// A child process that serves one connection, and its reports to the parent.
#pragma once

#include <array>
#include <climits>
#include <type_traits>

#include "serve/service.h"

namespace sockbox::serve {

// A report as bytes in a pipe. Its error category stays valid because both processes have it at the
// same address.
struct ChildMessage {
    enum class Kind : std::uint8_t { ended, trouble };
    Kind kind = Kind::ended;
    ConnectionReport report;  // for `ended`
    std::error_code error;    // for `trouble`, with `action`
    std::array<char, 64> action{};
};
// Writes of up to PIPE_BUF bytes are atomic (pipe(7)).
static_assert(std::is_trivially_copyable_v<ChildMessage> && sizeof(ChildMessage) <= PIPE_BUF);

// Serves the client in a child process and returns its process ID. The child writes its reports to
// `report`, the write end of a pipe, which it closes when it ends. It keeps no other descriptors
// than the client's socket, `report`, the standard streams and the service's stop signals. It
// ignores SIGINT and SIGTERM, which a terminal or service manager sends to the whole process group,
// so that only the stop signals end it; it is killed if the forking thread ends (PR_SET_PDEATHSIG
// in prctl(2)).
net::Result<int> serve_in_child(Service& service, Client& client, const net::Socket& report);

}  // namespace sockbox::serve
