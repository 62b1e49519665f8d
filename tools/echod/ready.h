// The lines by which echod tells that it is ready, one a socket.
#pragma once

#include <optional>

#include "serve/engines/engines.h"
#include "serve/status/status_endpoint.h"
#include "tools/front/command.h"

namespace sockbox::tools {

// Writes and flushes them, as text or as JSON objects.
void announce(const serve::Listeners& listeners, const serve::Engine& engine,
              const serve::ServeOptions& options,
              const std::optional<serve::StatusEndpoint>& metrics, bool json, Io io);

}  // namespace sockbox::tools
