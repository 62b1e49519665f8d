// Reading the facts from which story_of() derives the story of a socket.
#pragma once

#include "inspect/socket_facts.h"
#include "inspect/story.h"

namespace sockbox::net {

// Reads options, TCP_INFO, sysctls and counters, in the network namespace of the socket if that is
// another one (see NetworkNamespace::run()). Does not block and changes nothing. What cannot be
// read is left out.
StoryFacts story_facts(const Socket& socket, const SocketFacts& facts);

// The platform's part of it.

// Received bytes that the owner has not read; of datagrams, those of the first one (FIONREAD).
std::int64_t unread_bytes(const Socket& socket) noexcept;

// How long the kernel tries, by the options of the socket and the sysctls of the calling thread's
// network namespace. Fails with std::errc::not_supported on Windows.
Result<TcpLimits> tcp_limits(const Socket& socket);

// The queues of a TCP or UNIX listener, likewise.
Result<ListenerFacts> listener_facts(const Socket& listener, const SocketKind& kind);

}  // namespace sockbox::net
