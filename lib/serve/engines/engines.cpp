// The table of engines.
#include "serve/engines/engines.h"

#include <algorithm>
#include <array>

#include "serve/engines/signal_thread.h"
#include "system/memory.h"

namespace sockbox::serve {
namespace {

constexpr std::array portable_engines{
    Engine{"iterative", "one client after another", false, always_available, serve_iteratively},
    Engine{"thread", "one thread per client", false, always_available, serve_with_threads},
    Engine{"pool", "a pool of threads, one client each", true, always_available, serve_with_pool},
    Engine{"poll", "one thread, poll(2)", false, always_available, serve_with_poll},
};

constexpr std::array<std::string_view, 4> of_some_system{"fork", "epoll", "io_uring", "iocp"};

std::vector<Engine> all_engines() {
    std::vector<Engine> all(portable_engines.begin(), portable_engines.end());
    const auto own = system_engines();
    all.insert(all.end(), own.begin(), own.end());
    return all;
}

}  // namespace

net::Status Engine::serve(Service& service, Listeners&& listeners) const {
    return net::unless_out_of_memory("serve", [&]() -> net::Status {
        const auto signals = SignalThread::start();
        if (!signals)
            return net::fail(signals.error());
        return run(service, std::move(listeners));
    });
}

std::span<const Engine> engines() {
    static const std::vector<Engine> all = all_engines();
    return all;
}

const Engine* find_engine(std::string_view name) {
    const auto all = engines();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [name](const Engine& engine) { return engine.name == name; });
    return found == all.end() ? nullptr : &*found;
}

const Engine& engine_with(const Engine& asked, const Faults* faults) {
    const bool wanted = faults != nullptr && faults->concern(net::Transport::tcp);
    const Engine* instead = wanted ? find_engine(asked.for_faults) : nullptr;
    return instead != nullptr ? *instead : asked;
}

bool is_engine_name(std::string_view name) {
    return find_engine(name) != nullptr ||
           std::find(of_some_system.begin(), of_some_system.end(), name) != of_some_system.end();
}

const Engine& best_engine(std::vector<net::Error>& refusals) {
    const auto all = engines();
    for (std::size_t i = all.size(); i > 1; --i) {
        const auto available = all[i - 1].available();
        if (available)
            return all[i - 1];
        refusals.push_back(available.error());
    }
    return all.front();
}

net::Status always_available() {
    return {};
}

}  // namespace sockbox::serve
