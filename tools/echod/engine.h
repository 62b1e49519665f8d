// The engine that echod serves with: the one asked for, or the best that works here.
#pragma once

#include <string>

#include "serve/engines/engines.h"
#include "tools/echod/log.h"

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

}  // namespace sockbox::tools
