// What Windows does not have: socket activation, other users, a sandbox, signals.
#include "serve/confine/privileges.h"
#include "serve/confine/sandbox.h"
#include "serve/engines/signal_thread.h"
#include "serve/systemd.h"

namespace sockbox::serve {

struct SignalThread::State {};

SignalThread::SignalThread(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
SignalThread::SignalThread(SignalThread&&) noexcept = default;
SignalThread::~SignalThread() = default;

net::Result<SignalThread> SignalThread::start() {
    return SignalThread(nullptr);
}

net::Result<std::optional<Listeners>> take_passed_sockets(const net::Prepare& /*prepare*/) {
    return std::nullopt;
}

net::Result<StateNotice> StateNotice::open() {
    return StateNotice(net::Socket());
}

void StateNotice::notify(std::string_view /*state*/) noexcept {}

net::Result<User> find_user(std::string_view name) {
    return net::fail({std::make_error_code(std::errc::not_supported),
                      "become user",
                      std::string(name),
                      "not supported on this platform",
                      {}});
}

net::Status change_owner(const std::string& /*path*/, const User& /*user*/) {
    return {};
}

net::Status drop_privileges(const User* /*user*/) {
    return {};
}

void deny_file_access(const std::vector<std::string>& /*removable*/, SandboxReport& report) {
    report.left_out.emplace_back("not supported on this platform");
}

void deny_system_calls(std::string_view /*engine*/, SandboxReport& /*report*/) {}

}  // namespace sockbox::serve
