// Charts as SVG that stands in a page of HTML. What things look like is up to the page's style
// sheet: they have classes, no colors.
//
// Threads: values; a Panel, one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace introspectd::load {

struct Tick {
  double value;
  std::string label;  // may be "": a line alone
};

struct Axis {
  bool logarithmic = false;
  double low = 0;
  double high = 1;
  std::vector<Tick> ticks;

  double ShareOf(double value) const;  // 0 at the low end, 1 at the high one and beyond
};

Axis CountAxis(double highest);                                        // from 0 to a round number
Axis SecondsAxis(double highest);                                      // from 0 to exactly that
Axis DurationAxis(std::uint64_t lowest_ns, std::uint64_t highest_ns);  // logarithmic
// Values are 1 / (1 - quantile), so that every further nine takes the same room.
Axis PercentileAxis();
inline constexpr double kPercentileAxisEnd = 100'000;  // 99.999 %

struct Point {
  double x;
  double y;  // not a number: nothing is known here, the line has a gap
};

struct Box {
  double left;
  double top;
  double width;
  double height;
};

struct LegendEntry {
  std::string_view css_class;
  std::string text;
};

// One pair of axes, and what is drawn between them.
class Panel {
 public:
  Panel(const Box& box, Axis x, Axis y, std::string& out);

  void Grid(std::string_view heading);
  void LabelsBelow(std::string_view title);
  void Legend(const std::vector<LegendEntry>& entries);  // at the right of the heading
  void Line(std::string_view css_class, const std::vector<Point>& points);
  void Area(std::string_view css_class, const std::vector<Point>& points);  // down to the x axis
  void Dot(std::string_view css_class, const Point& point, std::string_view label);
  void Level(std::string_view css_class, double y);
  // A column that goes on to `bottom`; a tooltip when the title is not "".
  void Column(std::string_view css_class, double from, double to, double bottom,
              std::string_view title);

 private:
  double X(double value) const;
  double Y(double value) const;
  std::string PathOf(const std::vector<Point>& points) const;

  Box box_;
  Axis x_;
  Axis y_;
  std::string& out_;
};

// `id` is the chart's own within the page. `description` is for those who do not see it.
void BeginSvg(std::string_view id, std::string_view title, std::string_view description,
              double width, double height, std::string& out);
void EndSvg(std::string& out);

}  // namespace introspectd::load
