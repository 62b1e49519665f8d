// Table rows: socket options of level SOL_TLS on Linux.
#pragma once

#include <array>

#include "option/rows/members.h"

namespace sockbox::net::option_rows {

inline constexpr std::string_view tls_conflict = "the stream would be encrypted";

inline constexpr auto tls_rows = std::to_array<OptionRow>({
    {.name = "TLS_TX",
     .on_linux = 1,
     .type = ValueType::structure,
     .needs = Needs::tls,
     .range = {40, 56},
     .members = tls_members,
     .size = 4,
     .summary = "The version and cipher of what is sent; set with the key, as bytes.",
     .source = "Documentation/networking/tls.rst",
     .warning = secret_warning,
     .conflict = tls_conflict},
    {.name = "TLS_RX",
     .on_linux = 2,
     .type = ValueType::structure,
     .needs = Needs::tls,
     .range = {40, 56},
     .members = tls_members,
     .size = 4,
     .summary = "The version and cipher of what is received; set with the key, as bytes.",
     .source = "Documentation/networking/tls.rst",
     .warning = secret_warning,
     .conflict = tls_conflict},
    {.name = "TLS_TX_ZEROCOPY_RO",
     .on_linux = 3,
     .type = ValueType::flag,
     .needs = Needs::tls,
     .summary = "Lets a device encrypt data of sendfile(2) in place, which must not change.",
     .source = "Documentation/networking/tls.rst"},
    {.name = "TLS_RX_EXPECT_NO_PAD",
     .on_linux = 4,
     .type = ValueType::flag,
     .needs = Needs::tls,
     .summary = "Decrypts TLS 1.3 into the caller's buffer, expecting that no record is padded.",
     .source = "Documentation/networking/tls.rst"},
    {.name = "TLS_TX_MAX_PAYLOAD_LEN",
     .on_linux = 5,
     .width = 2,
     .needs = Needs::tls,
     .range = {63, 16384},
     .unit = "bytes",
     .summary = "The largest plaintext of a record that is sent.",
     .source = "Documentation/networking/tls.rst, RFC 8449"},
});

}  // namespace sockbox::net::option_rows
