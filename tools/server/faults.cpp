// The options of faults, and how a ready line announces them.
#include "tools/server/faults.h"

#include <fmt/format.h>

#include <climits>
#include <random>

namespace sockbox::tools {

void FaultOptions::declare(Cli& cli) {
    cli.repeated("--fault", "SPEC", "cause a fault, such as delay=20ms; repeatable",
                 [this](std::string_view text) { return faults_.add(text); })
        .option("--seed", "N", "repeat the same faults (default: a random seed)",
                take_integer(seed_, 0, INT64_MAX));
}

std::string FaultOptions::mistake(bool tcp, bool udp) const {
    for (const serve::Faults::Spec& spec : faults_.specs)
        if (!(spec.streams && tcp) && !(spec.datagrams && udp))
            return fmt::format("--fault {} applies to {}, which is not served", spec.text,
                               spec.streams ? "TCP" : "UDP");
    return {};
}

std::shared_ptr<const serve::Faults> FaultOptions::plan() const {
    if (faults_.specs.empty())
        return nullptr;
    auto plan = std::make_shared<serve::Faults>(faults_);
    plan->seed = seed_ ? static_cast<std::uint64_t>(*seed_) : std::random_device()();
    plan->began = net::Clock::now();
    return plan;
}

std::string fault_text(const serve::Faults* plan, net::Transport transport) {
    if (plan == nullptr || !plan->concern(transport))
        return {};
    return fmt::format(", fault {}, seed {}", plan->describe(transport), plan->seed);
}

void set_faults(report::Json& line, const serve::Faults* plan, net::Transport transport) {
    if (plan == nullptr || !plan->concern(transport))
        return;
    report::Json faults = report::Json::array();
    for (const serve::Faults::Spec& spec : plan->specs)
        if (transport == net::Transport::tcp ? spec.streams : spec.datagrams)
            faults.push(spec.text);
    line.set("faults", std::move(faults)).set("seed", plan->seed);
}

}  // namespace sockbox::tools
