// Fuzzes NAME=VALUE of socket options; accepted values must print as accepted values.
#include "option/codec.h"
#include "option/option.h"
#include "tests/fuzz/text_of.h"

using namespace sockbox;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    if (const auto setting = net::parse_setting(text)) {
        const net::OptionRow& row = setting->option.row();
        const std::string printed = net::to_text(row, setting->value);
        const std::string_view name = text.substr(0, text.find('='));
        require(net::parse_setting(std::string(name) + '=' + printed).has_value());
        const bool may_be_empty = row.type == net::ValueType::text;
        if (const auto bytes = net::encode(row, setting->value))
            require(may_be_empty || !net::to_text(row, net::decode(row, *bytes)).empty());
    }
    // The same bytes as a kernel's answer.
    if (size > 1) {
        const auto rows = net::all_options();
        const std::span<const std::uint8_t> answer(data + 1, size - 1);
        const net::OptionRow& row = rows[data[0] % rows.size()];
        net::to_text(row, net::decode(row, std::as_bytes(answer)));
    }
    return 0;
}
