// Stubs for what Windows does not have: numeric accounts, sysctls, descriptor limits, descriptor
// tables and signals.
#include "system/host.h"
#include "system/thread.h"

namespace sockbox::net {

std::string user_name(std::uint32_t id) {
    return std::to_string(id);
}

std::string group_name(std::uint32_t id) {
    return std::to_string(id);
}

std::string process_name(int) {
    return {};
}

std::optional<std::string> read_sysctl(std::string_view) {
    return std::nullopt;
}

std::optional<std::size_t> descriptor_limit() noexcept {
    return std::nullopt;
}

void separate_descriptors() noexcept {}

Result<std::thread> start_signal_free_thread(std::function<void()> work) {
    return start_thread(std::move(work));
}

Status start_detached(std::function<void()> work, SignalHandlers) {
    auto started = start_thread(std::move(work));
    if (!started)
        return fail(started.error());
    started->detach();
    return {};
}

}  // namespace sockbox::net
