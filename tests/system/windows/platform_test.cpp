// Tests of the platform layer on Windows: its error codes and its datagrams.
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "net/windows/winsock.h"
#include "system/resolver_error.h"
#include "system/result.h"

namespace sockbox::net {
namespace {

std::error_code code(int number) {
    return {number, platform::error_category()};
}

TEST(WindowsErrors, CompareWithTheConditionsOfOtherSystems) {
    EXPECT_EQ(code(WSAECONNREFUSED), std::errc::connection_refused);
    EXPECT_EQ(code(WSAECONNRESET), std::errc::connection_reset);
    EXPECT_EQ(code(WSAEADDRINUSE), std::errc::address_in_use);
    EXPECT_EQ(code(WSAEMFILE), std::errc::too_many_files_open);
    EXPECT_EQ(code(WSAEACCES), std::errc::permission_denied);
    EXPECT_EQ(code(WSAESHUTDOWN), std::errc::broken_pipe);
    EXPECT_EQ(code(ERROR_NO_DATA), std::errc::broken_pipe);
    EXPECT_EQ(code(ERROR_DISK_FULL), std::errc::no_space_on_device);
    EXPECT_NE(code(WSAECONNREFUSED), std::errc::connection_reset);
    EXPECT_NE(code(424242), std::errc::connection_refused);
}

TEST(WindowsErrors, HaveTheirSymbolAndWords) {
    const Error refused{code(WSAECONNREFUSED), "connect", "127.0.0.1:9", {}, {}};
    EXPECT_EQ(refused.message(), "connect 127.0.0.1:9: Connection refused (WSAECONNREFUSED)");
    EXPECT_EQ(symbol(code(424242)), "");
    EXPECT_EQ(code(424242).message(), "Windows error 424242");
}

TEST(WindowsErrors, StandForConditionsFoundHere) {
    for (const std::errc condition :
         {std::errc::timed_out, std::errc::operation_canceled, std::errc::connection_refused,
          std::errc::address_family_not_supported, std::errc::not_supported,
          std::errc::not_enough_memory, std::errc::message_size, std::errc::permission_denied}) {
        const std::error_code found = platform::error_of(condition);
        EXPECT_EQ(found, condition);
        EXPECT_NE(symbol(found), "") << found.message();
    }
}

TEST(WindowsErrors, ResolverCodesAreNamedAsElsewhere) {
    EXPECT_EQ(resolver_symbol(EAI_NONAME), "EAI_NONAME");
    EXPECT_EQ(resolver_symbol(EAI_AGAIN), "EAI_AGAIN");
    EXPECT_EQ(std::error_code(EAI_NONAME, resolver_category()).message(),
              "Name or service not known");
    EXPECT_EQ(resolver_symbol(424242), "");
}

// Makes receives return these WSAGetLastError codes in order; 0 delivers three bytes.
std::vector<int> scripted_codes;

int WSAAPI scripted_receive(SOCKET, char* into, int room, int, sockaddr*, int*) {
    const int next = scripted_codes.front();
    scripted_codes.erase(scripted_codes.begin());
    std::fill_n(into, std::min(room, 3), 'x');
    ::WSASetLastError(next);
    return next == 0 ? 3 : SOCKET_ERROR;
}

struct Received {
    std::ptrdiff_t bytes;
    bool truncated;
};

Received receive_by_script(std::vector<int> codes) {
    scripted_codes = std::move(codes);
    std::array<std::byte, 16> into{};
    sockaddr_storage source{};
    SocketLength length = sizeof source;
    bool truncated = false;
    const std::ptrdiff_t got = platform::receive_datagram(
        scripted_receive, invalid_socket, into, static_cast<sockaddr*>(static_cast<void*>(&source)),
        &length, truncated);
    return {got, truncated};
}

TEST(WindowsDatagrams, AnUnreachablePeerOfAnEarlierSendEndsNothing) {
    const Received received = receive_by_script({WSAECONNRESET, WSAENETRESET, WSAECONNRESET, 0});
    EXPECT_EQ(received.bytes, 3);
    EXPECT_FALSE(received.truncated);
    EXPECT_TRUE(scripted_codes.empty());
}

TEST(WindowsDatagrams, OneThatIsTooLongIsTruncatedAndNoFailure) {
    const Received received = receive_by_script({WSAEMSGSIZE});
    EXPECT_EQ(received.bytes, 16);
    EXPECT_TRUE(received.truncated);
}

TEST(WindowsDatagrams, OtherFailuresAreReported) {
    EXPECT_EQ(receive_by_script({WSAENOBUFS}).bytes, -1);
    EXPECT_EQ(platform::last_error(), std::errc::no_buffer_space);
    EXPECT_EQ(receive_by_script({WSAEWOULDBLOCK}).bytes, -1);
    EXPECT_TRUE(platform::would_block(platform::last_error().value()));
}

}  // namespace
}  // namespace sockbox::net
