// A chain of LENGTH registers, for the skew of the operands (west) and the de-skew of the sums
// (south). The first `depth` of them, counted from `in`, are in use: they are clocked while
// `enable` is on, and `out` is the last of them (`in` itself where depth is 0). The others are
// gated.
module skew_buffer #(
    parameter int WIDTH = 32,
    parameter int LENGTH = 3,  // 0 is a wire
    parameter int DEPTH_WIDTH = 2
) (
    input  logic                   clk,
    input  logic                   rst,     // asynchronous, active high
    input  logic                   enable,
    input  logic [DEPTH_WIDTH-1:0] depth,   // 0..LENGTH
    input  logic [      WIDTH-1:0] in,
    output logic [      WIDTH-1:0] out
);
  if (LENGTH == 0) begin : feed_through
    logic unused;
    assign unused = &{1'b0, clk, rst, enable, depth};
    assign out = in;
  end else begin : chain
    localparam int IndexWidth = LENGTH > 1 ? $clog2(LENGTH) : 1;

    logic [WIDTH-1:0] reg_[LENGTH];  // register 0 is the one next to `in`
    logic [LENGTH-1:0] clock_enable;

    for (genvar i = 0; i < LENGTH; i++) begin : stage
      assign clock_enable[i] = enable && depth > DEPTH_WIDTH'(i);
      always_ff @(posedge clk or posedge rst) begin
        if (rst) reg_[i] <= '0;
        else if (clock_enable[i]) reg_[i] <= i == 0 ? in : reg_[i == 0 ? 0 : i-1];
      end
    end

    logic [IndexWidth-1:0] last;  // of the registers in use
    assign last = IndexWidth'(depth - 1'b1);
    assign out = depth == '0 ? in : reg_[last];
  end
endmodule
