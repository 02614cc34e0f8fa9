/** The head of a table: its columns by their names. */

/** A number's stands to the right, as the numbers do; an unseen one is read out only. */
export type Column = string | { number: string } | { unseen: string };

export function TableHead({ columns }: { columns: readonly Column[] }) {
  return (
    <thead>
      <tr>
        {columns.map((column) => (
          <Heading key={JSON.stringify(column)} column={column} />
        ))}
      </tr>
    </thead>
  );
}

function Heading({ column }: { column: Column }) {
  if (typeof column === "string") return <th scope="col">{column}</th>;
  if ("unseen" in column) {
    return (
      <th scope="col">
        <span className="unseen">{column.unseen}</span>
      </th>
    );
  }
  return (
    <th scope="col" className="number">
      {column.number}
    </th>
  );
}
