// Stubs for what Windows does not have: sockets of other processes, and network namespaces.
#include <fmt/format.h>

#include "inspect/destroyed_sockets.h"
#include "inspect/process.h"
#include "inspect/socket_diag.h"
#include "inspect/socket_listing.h"

namespace sockbox::net {
namespace {

tl::unexpected<Error> not_here(std::string subject) {
    return fail({std::make_error_code(std::errc::not_supported),
                 {},
                 std::move(subject),
                 "the sockets of other processes: not supported on this platform",
                 {}});
}

tl::unexpected<Error> not_here(int pid) {
    return not_here(fmt::format("process {}", pid));
}

tl::unexpected<Error> not_here() {
    return fail({std::make_error_code(std::errc::not_supported),
                 {},
                 "network namespaces",
                 "not supported on this platform",
                 {}});
}

}  // namespace

Result<HostProcess> HostProcess::open(int pid) {
    return not_here(pid);
}

Status HostProcess::each_descriptor(const std::function<bool(int descriptor)>&) const {
    return not_here(pid_);
}

Result<SharedSocket> HostProcess::duplicate(int) const {
    return not_here(pid_);
}

std::optional<std::uint64_t> HostProcess::socket_inode(int) const {
    return std::nullopt;
}

Result<Socket> HostProcess::duplicate_found(int) const {
    return not_here(pid_);
}

bool HostProcess::holds(int, const Socket&) const {
    return false;
}

Status HostProcess::check_alive() const {
    return not_here(pid_);
}

std::uint64_t inode_of(const Socket&) {
    return 0;
}

std::uint64_t cookie_of(const Socket&) {
    return 0;
}

Result<std::vector<int>> process_ids() {
    return not_here("all processes");
}

Result<NetworkNamespace> NetworkNamespace::own() {
    return not_here();
}

Result<NetworkNamespace> NetworkNamespace::of_process(int) {
    return not_here();
}

Result<NetworkNamespace> NetworkNamespace::of_socket(const Socket&) {
    return not_here();
}

Status NetworkNamespace::run(const std::function<void()>&) const {
    return not_here();
}

class DestroyedSockets::Listener {};
DestroyedSockets::DestroyedSockets(DestroyedSockets&&) noexcept = default;
DestroyedSockets& DestroyedSockets::operator=(DestroyedSockets&&) noexcept = default;
DestroyedSockets::~DestroyedSockets() = default;

Result<DestroyedSockets> DestroyedSockets::create(std::optional<std::uint16_t>) {
    return not_here("the ends of sockets");
}

DestroyedSockets::Taken DestroyedSockets::take() {
    return {};
}

void SocketDiag::ask(const Socket&, const SocketFacts&) {}

std::optional<std::span<const std::byte>> SocketDiag::value(std::size_t, const OptionRow&) {
    return std::nullopt;
}

Status list_sockets(const ListingFilter&, const std::function<void(const ListedSocket&)>&) {
    return fail({std::make_error_code(std::errc::not_supported),
                 {},
                 "the sockets of this machine",
                 "not supported on this platform",
                 {}});
}

}  // namespace sockbox::net
