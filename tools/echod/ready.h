// How echod starts: the choice of its engine, and the lines that announce its sockets.
#pragma once

#include <optional>
#include <string>

#include "serve/engines/engines.h"
#include "serve/status/status_endpoint.h"
#include "tools/echod/log.h"
#include "tools/front/command.h"

namespace sockbox::tools {

// The engine that serves, with a fallback if it was chosen automatically.
class EngineChoice {
  public:
    // Selects the engine with this name; fails if it is not available on this machine. For "auto",
    // selects the best one available, and logs why better ones are not. If `faults` (may be null)
    // apply to TCP, selects an engine that supports them. `log` must outlive the object.
    static net::Result<EngineChoice> make(const std::string& name, const serve::Faults* faults,
                                          EchodLog& log);

    const serve::Engine& engine() const noexcept { return *engine_; }

    // Calls Engine::serve() and blocks until it returns. If the engine was selected by "auto" and
    // fails before it is ready, falls back to the next best one and logs that.
    net::Status serve(serve::Service& service, serve::Listeners&& listeners);

  private:
    EngineChoice(const serve::Engine& engine, bool automatic, EchodLog& log) noexcept
        : engine_(&engine), automatic_(automatic), log_(&log) {}

    const serve::Engine* engine_;
    bool automatic_;
    EchodLog* log_;
};

// Prints one line for each socket, as text or as a JSON object, and flushes the output.
void announce(const serve::Listeners& listeners, const serve::Engine& engine,
              const serve::ServeOptions& options,
              const std::optional<serve::StatusEndpoint>& metrics, bool json, Io io);

}  // namespace sockbox::tools
