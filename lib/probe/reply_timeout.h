// The default timeout of the clients.
#pragma once

#include <chrono>

namespace sockbox::probe {

// How long every client waits for a reply by default.
inline constexpr std::chrono::seconds default_reply_timeout{2};

}  // namespace sockbox::probe
