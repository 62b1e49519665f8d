// The rows of the table as a program stores them: without pointers.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "option/row.h"

namespace sockbox::net {

// A constant array of rows. When a program starts, the dynamic linker adjusts every pointer among
// its constants, and each page with such a pointer costs a page fault: with the rows as they are
// written, a tenth of the time of `echo HOST PORT hello`. So the texts are stored as places in one
// text, and the lists, which few rows have, apart.
template <const auto& rows>
class PackedRows {
  public:
    // The rows; their texts and lists are constants.
    static std::array<OptionRow, rows.size()> unpacked() noexcept {
        std::array<OptionRow, rows.size()> all;
        for (std::size_t i = 0; i < all.size(); ++i) {
            all[i] = packed.bare[i];
            for (std::size_t k = 0; k < texts.size(); ++k)
                all[i].*texts[k] = packed.text_at(packed.places[i][k]);
        }
        for (const auto& [row, of_row] : lists)
            set_lists(all[row], of_row);
        return all;
    }

  private:
    static constexpr std::array texts{
        &OptionRow::name,    &OptionRow::unit,       &OptionRow::summary,
        &OptionRow::source,  &OptionRow::limit,      &OptionRow::privilege,
        &OptionRow::warning, &OptionRow::grant_note, &OptionRow::conflict};

    static constexpr std::size_t count_characters() {
        std::size_t sum = 0;
        for (const OptionRow& row : rows)
            for (const auto text : texts)
                sum += (row.*text).size();
        return sum;
    }

    struct Place {
        std::uint32_t begin;
        std::uint32_t size;
    };
    struct Packed {
        std::array<OptionRow, rows.size()> bare{};  // without texts and lists
        std::array<std::array<Place, texts.size()>, rows.size()> places{};
        std::array<char, count_characters()> text{};

        std::string_view text_at(const Place& place) const noexcept {
            return {text.data() + place.begin, place.size};
        }
    };
    static constexpr Packed pack() {
        Packed result;
        std::uint32_t end = 0;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            result.bare[i] = rows[i];
            set_lists(result.bare[i], {});
            for (std::size_t k = 0; k < texts.size(); ++k) {
                const std::string_view text = rows[i].*texts[k];
                result.bare[i].*texts[k] = {};
                result.places[i][k] = {end, static_cast<std::uint32_t>(text.size())};
                for (const char letter : text)
                    result.text[end++] = letter;
            }
        }
        return result;
    }

    struct Lists {
        std::span<const ValueName> names;
        std::span<const ValueName> names_on_windows;
        std::span<const Member> members;
        std::span<const Preset> presets;
    };
    struct ListsOfRow {
        std::size_t row;
        Lists lists;
    };
    static constexpr void set_lists(OptionRow& row, const Lists& of_row) {
        row.names = of_row.names;
        row.names_on_windows = of_row.names_on_windows;
        row.members = of_row.members;
        row.presets = of_row.presets;
    }
    static constexpr bool has_lists(const OptionRow& row) {
        return !row.names.empty() || !row.names_on_windows.empty() || !row.members.empty() ||
               !row.presets.empty();
    }
    static constexpr auto collect_lists() {
        std::array<ListsOfRow, std::ranges::count_if(rows, has_lists)> all{};
        std::size_t next = 0;
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (const OptionRow& row = rows[i]; has_lists(row))
                all[next++] = {i, {row.names, row.names_on_windows, row.members, row.presets}};
        return all;
    }

    static constexpr Packed packed = pack();
    static constexpr auto lists = collect_lists();
};

}  // namespace sockbox::net
