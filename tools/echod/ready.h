// How echod starts: the engine it serves with, and the lines that announce its sockets.
#pragma once

#include <optional>
#include <string>

#include "serve/engines/engines.h"
#include "serve/status/status_endpoint.h"
#include "tools/echod/log.h"
#include "tools/front/command.h"

namespace sockbox::tools {

class EngineChoice {
  public:
    // The engine of that name, or for "auto" the best, with a note in the log where a better one is
    // refused. Fails where the one named does not work here. Where `faults` (may be null) concern
    // connections, it is one that makes them. The log outlives it.
    static net::Result<EngineChoice> make(const std::string& name, const serve::Faults* faults,
                                          EchodLog& log);

    const serve::Engine& engine() const noexcept { return *engine_; }

    // As Engine::serve(). Chosen by "auto", an engine that cannot begin gives way to the next best,
    // with a note.
    net::Status serve(serve::Service& service, serve::Listeners&& listeners);

  private:
    EngineChoice(const serve::Engine& engine, bool automatic, EchodLog& log) noexcept
        : engine_(&engine), automatic_(automatic), log_(&log) {}

    const serve::Engine* engine_;
    bool automatic_;
    EchodLog* log_;
};

// Writes and flushes them, as text or as JSON objects.
void announce(const serve::Listeners& listeners, const serve::Engine& engine,
              const serve::ServeOptions& options,
              const std::optional<serve::StatusEndpoint>& metrics, bool json, Io io);

}  // namespace sockbox::tools
