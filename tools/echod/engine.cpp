// Choosing an engine, and falling back to another.
#include "tools/echod/engine.h"

namespace sockbox::tools {
namespace {

void note_fall_back(const net::Error& why, const serve::Engine& next, EchodLog& log) {
    log.note(fmt::format("{}; falling back to {}", why.message(), next.name));
}

net::Result<const serve::Engine*> find_available(const std::string& name) {
    const serve::Engine* engine = serve::find_engine(name);
    if (engine == nullptr)
        return net::fail({std::make_error_code(std::errc::not_supported),
                          "engine",
                          name,
                          "not supported on this platform",
                          {}});
    if (auto available = engine->available(); !available)
        return net::fail(available.error());
    return engine;
}

}  // namespace

net::Result<EngineChoice> EngineChoice::make(const std::string& name, const serve::Faults* faults,
                                             EchodLog& log) {
    if (name == "auto") {
        std::vector<net::Error> refusals;
        const serve::Engine& best = serve::best_engine(refusals);
        for (const net::Error& refusal : refusals)
            note_fall_back(refusal, best, log);
        return EngineChoice(serve::engine_with(best, faults), true, log);
    }
    const auto named = find_available(name);
    if (!named)
        return net::fail(named.error());
    const serve::Engine& engine = serve::engine_with(**named, faults);
    if (&engine != *named)
        log.note(
            fmt::format("{} does not support TCP faults; using {} instead", name, engine.name));
    return EngineChoice(engine, false, log);
}

net::Status EngineChoice::serve(serve::Service& service, serve::Listeners&& listeners) {
    // An engine that does not get ready leaves the listeners to the next one.
    const auto try_engine = [&] { return engine_->serve(service, std::move(listeners)); };
    auto served = try_engine();
    while (!served && automatic_ && !log_->was_ready() && engine_ != serve::engines().data()) {
        --engine_;
        note_fall_back(served.error(), *engine_, *log_);
        served = try_engine();
    }
    return served;
}

}  // namespace sockbox::tools
