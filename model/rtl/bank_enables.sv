// Clock enables of the two weight banks. In load cycle l rows 0..l of the bank that is filled are
// clocked: below them the tile's weights have not arrived. With DELAYED, column c loads as many
// cycles later as the operands reach it, h(c).
module bank_enables #(
    parameter int ROWS = 4,
    parameter int COLS = 4,
    parameter bit DELAYED = 1,
    parameter int COUNT_WIDTH = 32,
    parameter int GROUP_WIDTH = 2  // holds COLS - 1
) (
    input logic clk,
    input logic rst,  // asynchronous, active high

    input logic loading,  // column 0
    input logic load_bank,
    input logic [COUNT_WIDTH-1:0] load_cycle,
    input logic [COLS*GROUP_WIDTH-1:0] column_group,  // h(c)

    // Bits 2 * (r * COLS + c) + {0, 1}: banks 0 and 1 of PE (r, c).
    output logic [2*ROWS*COLS-1:0] bank_enable
);
  localparam int RowWidth = ROWS > 1 ? $clog2(ROWS) : 1;
  localparam int LoadWidth = RowWidth + 2;

  // Field d: the load as it was d cycles ago.
  logic [LoadWidth-1:0] now;
  logic [COLS*LoadWidth-1:0] loads;
  assign now = {loading, load_bank, RowWidth'(load_cycle)};
  if (DELAYED && COLS > 1) begin : delay
    logic [(COLS-1)*LoadWidth-1:0] past;
    always_ff @(posedge clk or posedge rst) begin
      if (rst) past <= '0;
      else past <= ((COLS - 1) * LoadWidth)'({past, now});
    end
    assign loads = {past, now};
  end else begin : no_delay
    logic unused;
    assign unused = &{1'b0, clk, rst, column_group};
    assign loads = {COLS{now}};
  end

  logic unused_bits;
  assign unused_bits = &{1'b0, load_cycle};

  for (genvar c = 0; c < COLS; c++) begin : column
    logic [LoadWidth-1:0] load;
    logic on, bank;
    logic [RowWidth-1:0] row;
    logic [RowWidth:0] rows;  // that are clocked
    if (DELAYED) begin : own
      assign load = loads[32'(column_group[c*GROUP_WIDTH+:GROUP_WIDTH])*LoadWidth+:LoadWidth];
    end else begin : common
      assign load = loads[c*LoadWidth+:LoadWidth];
    end
    assign {on, bank, row} = load;
    assign rows = on ? {1'b0, row} + 1'b1 : '0;
    for (genvar r = 0; r < ROWS; r++) begin : pe
      logic clocked;
      assign clocked = rows > (RowWidth + 1)'(r);
      assign bank_enable[2*(r*COLS+c)+:2] = {clocked && bank, clocked && !bank};
    end
  end
endmodule
