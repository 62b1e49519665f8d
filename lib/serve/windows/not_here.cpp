// What Windows does not have: socket activation, other users, a sandbox, signals, splice(2), waking
// a blocked receive.
#include "serve/confine/end_task.h"
#include "serve/confine/privileges.h"
#include "serve/confine/sandbox.h"
#include "serve/engines/blocked_receivers.h"
#include "serve/engines/bulk_pipe.h"
#include "serve/engines/readiness/relay.h"
#include "serve/engines/signal_thread.h"
#include "serve/systemd.h"

#include <utility>

namespace sockbox::serve {

std::unique_ptr<BulkPipe> BulkPipe::create() noexcept {
    return nullptr;
}

void BulkPipe::forbid() noexcept {}

BulkPipe::~BulkPipe() = default;

net::Transfer BulkPipe::fill(const net::Socket& /*from*/) noexcept {
    return {net::Transfer::State::would_block, 0, {}};
}

net::Transfer BulkPipe::drain(const net::Socket& /*to*/) noexcept {
    return {net::Transfer::State::would_block, 0, {}};
}

BlockedReceivers::BlockedReceivers() noexcept = default;

BlockedReceivers::Stay::Stay(BlockedReceivers& receivers, net::Socket& socket) noexcept
    : receivers_(receivers), socket_(socket) {}

BlockedReceivers::Stay::~Stay() = default;

void BlockedReceivers::wake() noexcept {}

net::Transfer Relay::send_at_once(net::Socket& socket, std::span<const std::byte> data) noexcept {
    return socket.send(data);
}

struct SignalsBlocked::Before {};

SignalsBlocked::SignalsBlocked() = default;
SignalsBlocked::~SignalsBlocked() = default;

struct SignalThread::State {};

SignalThread::SignalThread(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
SignalThread::SignalThread(SignalThread&&) noexcept = default;
SignalThread::~SignalThread() = default;

net::Result<SignalThread> SignalThread::start() {
    return SignalThread(nullptr);
}

net::Status check_passed_sockets() {
    return {};
}

net::Result<std::optional<Listeners>> take_passed_sockets(const net::Prepare& /*prepare*/) {
    return std::nullopt;
}

net::Result<StateNotice> StateNotice::open() {
    return StateNotice();
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

net::Status drop_privileges_but(const LaterNeeds& /*needs*/) {
    return {};
}

net::Result<EndTask> EndTask::start(std::function<std::string()> act) {
    return EndTask(std::move(act));
}

void deny_file_access(SandboxReport& report) {
    report.not_wanted.emplace_back("not supported on this platform");
}

void deny_system_calls(std::string_view /*engine*/, SandboxReport& /*report*/) {}

void confine_client(const std::vector<std::string>& /*output_files*/, SandboxReport& report) {
    report.not_wanted.emplace_back("not supported on this platform");
}

}  // namespace sockbox::serve
